"""Versions of the site as the API shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from acd.app.documents import moment
from acd.app.site_files import FileDifference, FileText
from acd.app.version_tally import VersionTally
from acd.core.canary import Canary, CanaryEnd, Figure, Outcomes
from acd.core.state import State
from acd.ports.versions import VersionRow


class VersionState(StrEnum):
    """What a version is now."""

    RUNNING = "running"  # new contacts enter it
    CANARY = "canary"  # a share of them does
    IN_USE = "in_use"  # only contacts in flight do
    KEPT = "kept"


class FiguresDocument(msgspec.Struct, kw_only=True):
    """How contacts ended, in percent of ``ended``; null while none has. Less is better.

    Attributes:
        lost: ``failed_flows``, ``left_flow`` and ``abandoned`` together.
        failed_flows: no flow for it, or one that could go neither on nor to a human.
        left_flow: the customer left inside the flow.
        abandoned: the customer left while waiting.
        not_contained: came into a queue: the flow did not resolve it.
    """

    ended: int
    lost: float | None
    failed_flows: float | None
    left_flow: float | None
    abandoned: float | None
    not_contained: float | None


class GuardDocument(msgspec.Struct, kw_only=True):
    """What ends a canary by itself.

    Attributes:
        worse_by: percentage points by which the figure may be worse.
        least: contacts of each version before it is judged.
    """

    figure: Figure
    worse_by: float
    least: int


class CanaryDocument(msgspec.Struct, kw_only=True):
    """The version under trial.

    Attributes:
        figures: of its contacts.
        running_figures: of the running version's, opened since it began.
    """

    version: str
    since: datetime
    percent: int
    numbers: list[str]
    guard: GuardDocument
    figures: FiguresDocument
    running_figures: FiguresDocument


class CanaryEndDocument(msgspec.Struct, kw_only=True):
    """How a version's last time as a canary ended.

    Attributes:
        detail: what its guard complained of.
    """

    at: datetime
    reason: CanaryEnd
    detail: str


class VersionDocument(msgspec.Struct, kw_only=True):
    """A version that was published at least once.

    Attributes:
        at: when last.
        author: by whom.
        before: what ran then.
        contacts: open ones that entered it.
        figures: of all its contacts.
        canary_end: null if it never was a canary.
    """

    version: str
    at: datetime
    author: str
    note: str
    before: str
    state: VersionState
    contacts: int
    figures: FiguresDocument
    canary_end: CanaryEndDocument | None


class VersionList(msgspec.Struct, kw_only=True):
    """Every version, newest first."""

    running: str
    canary: CanaryDocument | None
    versions: list[VersionDocument]


class FileDocument(msgspec.Struct, kw_only=True):
    """A file of a version; ``text`` is null for a sound."""

    path: str
    size: int
    sha256: str
    text: str | None


class VersionFiles(msgspec.Struct):
    """The files of a version by path."""

    version: str
    files: list[FileDocument]


class DifferenceDocument(msgspec.Struct, kw_only=True):
    """What is different in a file: ``change`` is added, removed or changed.

    Attributes:
        diff: unified; empty for a sound.
    """

    path: str
    change: str
    diff: str


class DifferenceList(msgspec.Struct):
    """What is different between two versions, by file."""

    old: str
    new: str
    files: list[DifferenceDocument]


class PublishedDocument(msgspec.Struct, kw_only=True):
    """What a change came to.

    Attributes:
        running: version that takes contacts now.
        before: the one that did before.
        canary: version that takes a share of them.
        seconds: from the request to the first contact that may enter it.
    """

    running: str
    before: str
    canary: str | None
    seconds: float


def figures(outcomes: Outcomes) -> FiguresDocument:
    """Return counts as shares."""
    shares = {figure.value: _rounded(outcomes.percent(figure)) for figure in Figure}
    return FiguresDocument(ended=outcomes.ended, **shares)


def _rounded(percent: float | None) -> float | None:
    return None if percent is None else round(percent, 1)


def canary_document(canary: Canary) -> CanaryDocument:
    """Return the version under trial."""
    guard = canary.guard
    return CanaryDocument(
        version=canary.version,
        since=moment(canary.since),
        percent=canary.percent,
        numbers=list(canary.numbers),
        guard=GuardDocument(figure=guard.figure, worse_by=guard.worse_by, least=guard.least),
        figures=figures(canary.own),
        running_figures=figures(canary.others),
    )


def version_list(rows: Iterable[VersionRow], state: State, tally: VersionTally) -> VersionList:
    """Return all versions and what they are now."""
    open_contacts = Counter(contact.site for contact in state.contacts.values())
    canary = state.canary
    return VersionList(
        running=state.site,
        canary=None if canary is None else canary_document(canary),
        versions=[_version(row, state, tally, contacts=open_contacts[row.version]) for row in rows],
    )


def _version(
    row: VersionRow, state: State, tally: VersionTally, *, contacts: int
) -> VersionDocument:
    ended = tally.canaries.get(row.version)
    return VersionDocument(
        version=row.version,
        at=moment(row.at),
        author=row.author,
        note=row.note,
        before=row.before,
        state=_state(row.version, state),
        contacts=contacts,
        figures=figures(tally.ended.get(row.version, Outcomes())),
        canary_end=None
        if ended is None
        else CanaryEndDocument(at=moment(ended.at), reason=ended.reason, detail=ended.detail),
    )


def _state(version: str, state: State) -> VersionState:
    if version == state.site:
        return VersionState.RUNNING
    if state.canary is not None and state.canary.version == version:
        return VersionState.CANARY
    return VersionState.IN_USE if version in state.sites else VersionState.KEPT


def file_list(version: str, files: Mapping[str, FileText]) -> VersionFiles:
    """Return the files of a version."""
    found = [
        FileDocument(path=path, size=one.size, sha256=one.digest, text=one.text)
        for path, one in files.items()
    ]
    return VersionFiles(version, found)


def difference_list(old: str, new: str, found: Iterable[FileDifference]) -> DifferenceList:
    """Return what is different."""
    files = [DifferenceDocument(path=o.path, change=o.change, diff=o.text) for o in found]
    return DifferenceList(old, new, files)
