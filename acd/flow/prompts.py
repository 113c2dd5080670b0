"""Prompt files: what is said and what is written under a key, one file a language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from acd.core.site import FILE_PREFIX
from acd.flow.kinds import BAD, Flag, Text, good_prompt
from acd.flow.model import SYSTEM_PROMPTS
from acd.flow.problems import At, Code, Report, did_you_mean, quoted
from acd.flow.schema import key, keys_of, read_schema
from acd.flow.template import names

FOLDER = "prompts/"
BUILT_IN_LANGUAGE = "en"
"""Language of the prompts that the engine brings along."""

_LONGEST = 2000  # characters
_DEEPEST = 10  # tables in tables that a prompt's key may be made of
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptKeys:
    """A prompt that has more to it than a text is a table: `welcome = { spoken = "…", … }`.

    `spoken`, `written` and `barge_in` are therefore no names for prompts themselves.
    """

    spoken: str = key(Text(longest=_LONGEST), "what is said; `file:` and a path plays that sound")
    written: str | None = key(
        Text(longest=_LONGEST), "what is written in chat, mail and messages instead", default=None
    )
    barge_in: bool = key(Flag(), "whether a key interrupts it", default=True)

    def contradiction(self) -> str | None:
        """Say so when a sound is to be written."""
        if self.written is not None and self.written.startswith(FILE_PREFIX):
            return f'"written" is a text: {quoted(self.written)} would be shown as it stands'
        return None


_WORDS = frozenset(name for name, _, _ in keys_of(PromptKeys))


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of a site.

    Attributes:
        spoken: language to prompt key to text, or to ``file:<path>``.
        written: the same of those that are written otherwise than spoken.
        unbroken: language to the prompts that keys do not interrupt.
        unread: languages whose file could not be read at all.
    """

    spoken: dict[str, dict[str, str]] = field(default_factory=dict)
    written: dict[str, dict[str, str]] = field(default_factory=dict)
    unbroken: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    def keys(self) -> dict[str, frozenset[str]]:
        """Return for each language what may be named; the engine's own prompts always may."""
        return {
            language: frozenset(texts).union(SYSTEM_PROMPTS)
            for language, texts in self.spoken.items()
            if language not in self.unread
        }


def read_prompts(
    tables: Mapping[str, Mapping[str, object] | None], report: Report, defects: Mapping[str, str]
) -> Prompts:
    """Return the prompts of every language, and report what is wrong with them.

    Args:
        tables: file to parsed TOML, None for one that could not be parsed; what is not in
            ``prompts/`` is passed over.
        report: takes the problems.
        defects: sound file to what is wrong with it; empty for nothing.
    """
    prompts = Prompts(
        {BUILT_IN_LANGUAGE: dict(SYSTEM_PROMPTS)},
        unread=frozenset(_language(file) for file, raw in tables.items() if raw is None),
    )
    for file, raw in tables.items():
        if not file.startswith(FOLDER):
            continue
        language = _language(file)
        if not _LANGUAGE.fullmatch(language):
            report.at(file).say(Code.BAD_NAME, f"{quoted(language)} is no language such as en")
        own = _read_file(raw or {}, report.at(file), defects)
        spoken = {name: keys.spoken for name, keys in own.items()}
        prompts.spoken[language] = {**prompts.spoken.get(language, {}), **spoken}
        written = {name: keys.written for name, keys in own.items() if keys.written is not None}
        if written:
            prompts.written[language] = written
        unbroken = tuple(name for name, keys in own.items() if not keys.barge_in)
        if unbroken:
            prompts.unbroken[language] = unbroken
    return prompts


def check_values(prompts: Prompts, attributes: Collection[str], report: Report) -> None:
    """Report prompts that name an attribute: nothing is filled in there.

    Args:
        prompts: those of every language.
        attributes: what flows know of contacts; other names in braces are anybody's text.
        report: takes the problems.
    """
    for texts in (prompts.spoken, prompts.written):
        for language, by_key in texts.items():
            for name, text in by_key.items():
                known = [one for one in names(text) if one in attributes] if "{" in text else ()
                if known:
                    report.at(f"{FOLDER}{language}.toml", *name.split(".")).say(
                        Code.BAD_VALUE,
                        f"prompts are said as they are, with {{{known[0]}}} in it",
                        "a node of type say fills in values",
                    )


def _language(file: str) -> str:
    return file.removeprefix(FOLDER).removesuffix(".toml")


def _read_file(
    raw: Mapping[str, object], at: At, defects: Mapping[str, str]
) -> dict[str, PromptKeys]:
    prompts: dict[str, PromptKeys] = {}
    for path, value in _flat(raw, ()):
        name, place = ".".join(path), at.along(path)
        if not good_prompt(name):
            place.say(Code.BAD_NAME, f"{quoted(name)} cannot name a prompt: a-z, 0-9, _ and dots")
            continue
        if name in prompts:
            place.say(Code.DUPLICATE_KEY, f"prompt {quoted(name)} is written twice")
            continue
        keys = _read_prompt(value, place)
        if keys is not None:
            prompts[name] = keys
            if keys.spoken.startswith(FILE_PREFIX):
                _check_sound(keys.spoken.removeprefix(FILE_PREFIX), place, defects)
    return prompts


def _read_prompt(value: object, at: At) -> PromptKeys | None:
    if isinstance(value, dict) and not _WORDS.isdisjoint(value):
        keys = read_schema(PromptKeys, value, at)
        return keys if isinstance(keys, PromptKeys) else None
    text = Text(longest=_LONGEST).read(value, at)
    return None if text is BAD else PromptKeys(spoken=text)


def _flat(
    raw: Mapping[str, object], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object]]:
    """Iterate over the prompts: ``main.menu = "…"`` and ``[main] menu = "…"`` are the same key."""
    for name, value in raw.items():
        is_group = isinstance(value, dict) and _WORDS.isdisjoint(value)
        if isinstance(value, dict) and is_group and len(path) < _DEEPEST:
            yield from _flat(value, (*path, name))
        else:
            yield (*path, name), value


def _check_sound(path: str, at: At, defects: Mapping[str, str]) -> None:
    if path not in defects:
        hint = did_you_mean(path, defects)
        at.say(Code.MISSING_SOUND, f"no file {quoted('sounds/' + path)}{hint}")
    elif defects[path]:
        at.say(Code.BAD_SOUND, f"{quoted('sounds/' + path)} {defects[path]}")
