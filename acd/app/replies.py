"""Canned replies: ``dialplans/replies.toml``.

    [greeting]
    title = "Greeting"
    en = "Good day, my name is {agent}. How may I help?"
    es = "Buenos días, me llamo {agent}. ¿En qué puedo ayudarle?"

``{agent}`` and ``{customer}`` are filled in by the desk.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from acd.core.errors import AcdError
from acd.flow.load import REPLIES


class ReplyError(AcdError):
    """The canned replies cannot be read (``replies-invalid``)."""

    code = "replies-invalid"


class Reply(msgspec.Struct, frozen=True):
    """A text that agents may use as it is.

    Attributes:
        name: unique, from the file.
        texts: by language.
    """

    name: str
    title: str
    texts: dict[str, str]


def read_replies(directory: Path) -> tuple[Reply, ...]:
    """Return the canned replies of a site, as ordered in its file; none without a file.

    Raises:
        ReplyError: the file cannot be used.
    """
    path = directory / REPLIES
    try:
        found = msgspec.convert(
            tomllib.loads(path.read_text("utf-8-sig")), dict[str, dict[str, str]]
        )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ReplyError(f"{path}: {error}", hint="see the head of the file") from None
    return tuple(
        Reply(name, told.get("title", name), {k: v for k, v in told.items() if k != "title"})
        for name, told in found.items()
    )
