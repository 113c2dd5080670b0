"""Surveys: what customers answered, counted from the log by day, queue, agent and channel. Pure.

Three scales have figures of their own; how they are made:

- **CSAT**, 1 to 5: the share of those content, that is of the answers 4 and 5 in all ("top two
  boxes": Farris, Bendle, Pfeifer, Reibstein, *Marketing Metrics*, 2nd ed. 2010, ch. 2, "Customer
  Satisfaction").
- **NPS**, 0 to 10: the share of promoters, who answer 9 or 10, minus that of detractors, who
  answer 0 to 6, from -100 to 100 (Reichheld, "The One Number You Need to Grow", *Harvard Business
  Review*, December 2003).
- every scale, ``points`` among them: the mean.

A figure is never without the number of its answers: ten answers say little. Shares of days or
agents cannot be added up, so what is kept are counts of each answer.

An answer is about the contact that it follows (attributes ``previous_queue``, ``previous_agent``,
see :mod:`acd.core.decide.after`), else about the contact in which it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, get_args

import msgspec

from acd.app.codec import decode, encode
from acd.app.documents import moment
from acd.core import events as e
from acd.core.ids import ContactId
from acd.core.record import Record
from acd.core.timers import Instant
from acd.ports.store import Snapshot

FOLD = "scores"

DAYS_KEPT = 400
"""Days with answers that are kept: a year and a month, to compare with a year ago."""

SURVEY_DAYS = 7
"""Days that figures are of where nobody asks for others."""

MOST_CELLS = 5_000
"""Combinations of a day that are counted apart; what comes on top is counted without its agent."""

_ANSWERS = 11  # 0 to 10: the widest scale

By = Literal["survey", "queue", "agent", "channel", "day"]
GROUPS: tuple[By, ...] = get_args(By)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(tuple[str, str, str, str, str, str])


class SurveyDocument(msgspec.Struct, kw_only=True):
    """The figures of a question of a survey, or of a group of its answers; see the module.

    Attributes:
        group: the queue, agent, channel or day that was asked for; empty for none.
        answers: how many there are.
        mean: of the answers.
        csat: share of those content, from 0 to 1; null on another scale.
        nps: net promoter score, from -100 to 100; null on another scale.
        counts: answer to how often it was given.
    """

    survey: str
    question: str
    scale: str
    group: str
    answers: int
    mean: float
    csat: float | None
    nps: float | None
    counts: dict[str, int]


def csat_of(counts: list[int]) -> float:
    """Return the share of the answers 4 and 5 of a scale from 1 to 5.

    >>> csat_of([0, 1, 0, 1, 1, 1])
    0.5
    """
    return (counts[4] + counts[5]) / sum(counts)


def nps_of(counts: list[int]) -> float:
    """Return the net promoter score of a scale from 0 to 10.

    >>> nps_of([1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1])
    25.0
    """
    return 100 * (sum(counts[9:]) - sum(counts[:7])) / sum(counts)


def mean_of(counts: list[int]) -> float:
    """Return the mean of the answers."""
    return sum(answer * count for answer, count in enumerate(counts)) / sum(counts)


@dataclass(slots=True)
class About:
    """What is known of an open contact, so far as answers are counted by it.

    Attributes:
        queue, agent: its own, until those of the contact that it follows are known.
        is_following: it follows another: what it has of its own does not count.
    """

    channel: str
    queue: str = ""
    agent: str = ""
    is_following: bool = False


@dataclass(slots=True)
class ScoresState:
    """All that is known.

    Attributes:
        seq: the last record folded.
        days: day to cell to counts of each answer, the oldest first. A cell is a JSON list of
            survey, question, scale, queue, agent and channel.
        totals: counts of all time, by cells without queue, agent and channel; they never go down.
        contacts: those that are open.
    """

    seq: int = 0
    days: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    totals: dict[str, list[int]] = field(default_factory=dict)
    contacts: dict[ContactId, About] = field(default_factory=dict)


class Scores:
    """The fold."""

    def __init__(self, state: ScoresState | None = None) -> None:
        """Begin with nothing, or with a saved ``state``."""
        self.state = state or ScoresState()

    @classmethod
    def restored(cls, snapshot: Snapshot) -> Scores:
        """Go on where :meth:`snapshot` left off; fold the records after ``snapshot.seq`` next.

        Raises:
            CodecError: it was saved by another version: fold the log from its beginning.
        """
        return cls(decode(snapshot.data, ScoresState))

    def snapshot(self) -> Snapshot:
        """Return all that is known, to be saved."""
        return Snapshot(self.state.seq, encode(self.state))

    def fold(self, record: Record) -> None:
        """Take one record in."""
        self.state.seq = record.seq
        body = record.body
        if isinstance(body, e.ScoreKept):
            self._keep(body, record.at)
        elif (change := _FOLDS.get(type(body))) is not None:
            change(self, body)

    def fold_all(self, records: Iterable[Record]) -> None:
        """Take several records in."""
        for record in records:
            self.fold(record)

    # --- asking ---------------------------------------------------------------------------------

    def figures(self, since: date, until: date, by: By = "survey") -> list[SurveyDocument]:
        """Return the figures of every question, by survey, question and group.

        Args:
            since, until: first and last day, in UTC.
            by: what answers are put together by.
        """
        sums: dict[tuple[str, str, str, str], list[int]] = {}
        for day, cells in self.state.days.items():
            if not since.isoformat() <= day <= until.isoformat():
                continue
            for cell, counts in cells.items():
                survey, question, scale, queue, agent, channel = _decoder.decode(cell)
                groups = {"queue": queue, "agent": agent, "channel": channel, "day": day}
                key = (survey, question, scale, groups.get(by, ""))
                _add(sums.setdefault(key, [0] * _ANSWERS), counts)
        return [_document(*key, counts) for key, counts in sorted(sums.items())]

    def totals(self) -> Iterator[tuple[str, str, str, list[int]]]:
        """Iterate over survey, question, scale and the counts of all time."""
        for cell, counts in self.state.totals.items():
            survey, question, scale, *_ = _decoder.decode(cell)
            yield survey, question, scale, counts

    # --- folding --------------------------------------------------------------------------------

    def _keep(self, event: e.ScoreKept, at: Instant) -> None:
        if not 0 <= event.score < _ANSWERS:
            return
        about = self.state.contacts.get(event.contact) or About("")
        asked = (event.survey, event.question, event.scale)
        day = moment(at).date().isoformat()
        cells = self.state.days.get(day)
        if cells is None:
            cells = self._begin(day)
        cell = _cell(*asked, about.queue, about.agent, about.channel)
        if cell not in cells and len(cells) >= MOST_CELLS:
            cell = _cell(*asked, about.queue, "", about.channel)
        cells.setdefault(cell, [0] * _ANSWERS)[event.score] += 1
        self.state.totals.setdefault(_cell(*asked), [0] * _ANSWERS)[event.score] += 1

    def _begin(self, day: str) -> dict[str, list[int]]:
        cells = self.state.days[day] = {}
        while len(self.state.days) > DAYS_KEPT:
            del self.state.days[min(self.state.days)]
        return cells

    def _opened(self, event: e.ContactOpened) -> None:
        self.state.contacts[event.contact] = About(str(event.channel))

    def _attribute(self, event: e.AttributeSet) -> None:
        about = self.state.contacts.get(event.contact)
        if about is None:
            return
        if event.key == "previous_queue":
            about.queue, about.is_following = event.value, True
        elif event.key == "previous_agent":
            about.agent, about.is_following = event.value, True

    def _queued(self, event: e.ContactQueued) -> None:
        about = self.state.contacts.get(event.contact)
        if about is not None and not about.is_following:
            about.queue = event.queue

    def _accepted(self, event: e.OfferAccepted) -> None:
        about = self.state.contacts.get(event.contact)
        if about is not None and not about.is_following:
            about.agent = event.agent

    def _closed(self, event: e.ContactClosed) -> None:
        self.state.contacts.pop(event.contact, None)


def _cell(
    survey: str, question: str, scale: str, queue: str = "", agent: str = "", channel: str = ""
) -> str:
    return _encoder.encode((survey, question, scale, queue, agent, channel)).decode()


def _add(sums: list[int], counts: list[int]) -> None:
    for answer, count in enumerate(counts):
        sums[answer] += count


def _document(
    survey: str, question: str, scale: str, group: str, counts: list[int]
) -> SurveyDocument:
    return SurveyDocument(
        survey=survey,
        question=question,
        scale=scale,
        group=group,
        answers=sum(counts),
        mean=mean_of(counts),
        csat=csat_of(counts) if scale == "csat" else None,
        nps=nps_of(counts) if scale == "nps" else None,
        counts={str(answer): count for answer, count in enumerate(counts) if count},
    )


def days_before(today: date, days: int) -> date:
    """Return the first of so many days, of which ``today`` is the last."""
    return today - timedelta(days=days - 1)


_FOLDS: dict[type, Callable[..., None]] = {
    e.ContactOpened: Scores._opened,
    e.AttributeSet: Scores._attribute,
    e.ContactQueued: Scores._queued,
    e.OfferAccepted: Scores._accepted,
    e.ContactClosed: Scores._closed,
}
