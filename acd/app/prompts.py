"""What there is to hear: every prompt of a site in every language that it speaks.

The directory is read by itself, prompt by prompt: whoever translates wants to see what is missing
while it is missing, when the site as a whole cannot be used yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from acd.app.site import PROMPTS, SOUNDS, read_files, read_sounds
from acd.core.site import FILE_PREFIX, Site
from acd.flow.files import read_numbers
from acd.flow.kinds import Ref, To
from acd.flow.load import parse
from acd.flow.model import SYSTEM_PROMPTS
from acd.flow.problems import Problem, Report
from acd.flow.prompts import FOLDER, read_prompts
from acd.flow.read import read_flow

_NUMBERS = "numbers.toml"

ENGINE = "(engine)"
"""Stands for a flow where the engine itself plays a prompt."""


class State(StrEnum):
    """Whether a prompt is there in a language."""

    MISSING = "missing"
    SPOKEN = "spoken"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Entry:
    """A prompt in a language.

    Attributes:
        key: the prompt.
        language: the language.
        state: whether it is there; a missing one is heard in another language.
        spoken: what is said, or the sound file; empty when it is missing.
        written: what is written instead, if that is said.
        barge_in: whether keys interrupt it.
        used_by: the flows that name it.
    """

    key: str
    language: str
    state: State
    spoken: str
    written: str | None
    barge_in: bool
    used_by: tuple[str, ...]

    @property
    def is_lacking(self) -> bool:
        """Whether somebody would hear another language here."""
        return self.state is State.MISSING and bool(self.used_by)


@dataclass(frozen=True, slots=True)
class Survey:
    """The prompts of a directory of dialplans.

    Attributes:
        languages: what the site speaks: those with a file, and those that numbers and flows name.
        entries: every key in every language, by key.
        site: the prompts alone, to make sounds of.
        problems: what is wrong with the files of prompts.
    """

    languages: tuple[str, ...]
    entries: tuple[Entry, ...]
    site: Site
    problems: tuple[Problem, ...]


def survey(directory: Path) -> Survey:
    """Return what there is to hear in ``directory``, however broken the rest of it may be."""
    files, problems = read_files(directory, "", PROMPTS)
    sounds, more = read_sounds(directory / SOUNDS)
    report = Report()
    tables = {name: parse(name, files[name], report) for name in sorted(files)}
    prompts = read_prompts(tables, report, {path: one.defect for path, one in sounds.items()})
    site = Site("", prompts=prompts.spoken, written=prompts.written, unbroken=prompts.unbroken)
    problems = [
        problem
        for problem in sorted({*problems, *more, *report.problems})
        if problem.file.startswith((FOLDER, f"{SOUNDS}/"))
    ]

    users: dict[str, list[str]] = {key: [ENGINE] for key in SYSTEM_PROMPTS}
    languages = set(prompts.spoken)
    for flow, ref in _refs(tables):
        if ref.to is To.LANGUAGE:
            languages.add(ref.name)
        elif ref.to is To.PROMPT and flow not in users.setdefault(ref.name, []):
            users[ref.name].append(flow)
    keys = {*users, *(key for texts in prompts.spoken.values() for key in texts)}
    return Survey(
        tuple(sorted(languages)),
        tuple(
            _entry(site, key, language, tuple(users.get(key, ())))
            for key in sorted(keys)
            for language in sorted(languages)
        ),
        site,
        tuple(problems),
    )


def _refs(tables: dict[str, dict[str, object] | None]) -> Iterator[tuple[str, Ref]]:
    """Iterate over what flows and numbers name, with the flow."""
    for file, raw in tables.items():
        if file == _NUMBERS:
            _, named = read_numbers(raw or {}, Report().at(file))
            yield from (("", ref) for one in named for ref in one.refs)
        elif raw is not None and "/" not in file and "node" in raw:
            flow = read_flow(raw)
            yield from (
                (file.removesuffix(".toml"), ref)
                for node in flow.nodes.values()
                for ref in node.refs
            )


def _entry(site: Site, key: str, language: str, used_by: tuple[str, ...]) -> Entry:
    spoken = site.prompts.get(language, {}).get(key)
    state = State.SPOKEN
    if spoken is None:
        state = State.MISSING
    elif spoken.startswith(FILE_PREFIX):
        state = State.RECORDED
    return Entry(
        key,
        language,
        state,
        spoken or "",
        site.written.get(language, {}).get(key),
        key not in site.unbroken.get(language, ()),
        used_by,
    )
