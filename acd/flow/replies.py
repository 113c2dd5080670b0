"""`replies.toml`: texts that agents may use as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping

from acd.flow.kinds import BAD, Text, wrong_type
from acd.flow.problems import At, Code, quoted

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_TEXT = Text(longest=2000)


def check_replies(raw: Mapping[str, object], at: At) -> None:
    """Report what is wrong with the canned replies.

    Args:
        raw: the file: name of a reply to a table of ``title`` and texts by language.
        at: where it stands.
    """
    for name, reply in raw.items():
        place = at / name
        if not isinstance(reply, dict):
            wrong_type(place, "a table", reply)
            continue
        for key, value in reply.items():
            if key != "title" and not _LANGUAGE.fullmatch(key):
                (place / key).say(Code.UNKNOWN_KEY, f"{quoted(key)} is no language such as en")
            elif _TEXT.read(value, place / key) is BAD:
                continue
        if not reply.keys() - {"title"}:
            place.say(Code.MISSING_KEY, "a text is missing", 'en = "…"')
