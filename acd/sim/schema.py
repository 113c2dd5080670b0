"""The keys of a scenario file, in the kinds that flows are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acd.core.channel import Channel
from acd.flow.files import QueueKeys
from acd.flow.kinds import (
    BAD,
    ListOf,
    Number,
    OneOf,
    Plain,
    TableOf,
    Text,
    good_name,
    wrong_type,
)
from acd.flow.nodes.enqueue import Require
from acd.flow.problems import At, Code
from acd.flow.schema import Record, key, read_schema
from acd.sim.chance import Deterministic, Empirical, Exponential, Law, Lognormal

_DURATION = Number("seconds", 0, 1e9)
_MEAN = Number("seconds, more than 0", 1e-6, 1e7)
_SKILL = Number("whole number", 1, 100, whole=True)


@dataclass(frozen=True, slots=True)
class _NameKind(Plain):
    label: str = "name"

    def read(self, raw: object, at: At) -> Any:
        """Read a name of letters, digits, ``-`` and ``_``."""
        if not isinstance(raw, str):
            return wrong_type(at, "a name", raw)
        return raw if good_name(raw, "part of a scenario", at) else BAD


_NAME = _NameKind()


@dataclass(frozen=True, slots=True)
class _ChosenBy(Plain):
    """A table whose other keys depend on the word under one of them."""

    chooser: str = ""
    schemas: Mapping[str, type[Any]] | None = None

    def read(self, raw: object, at: At) -> Any:
        """Read into an instance of the schema that the word names."""
        schemas = self.schemas or {}
        if not isinstance(raw, dict):
            return wrong_type(at, f'a table such as {{ {self.chooser} = "…" }}', raw)
        if self.chooser not in raw:
            at.say(Code.MISSING_KEY, f'the key "{self.chooser}" is missing: {", ".join(schemas)}')
            return BAD
        word = OneOf(words=tuple(schemas)).read(raw[self.chooser], at / self.chooser)
        if word is BAD:
            return BAD
        rest = {name: value for name, value in raw.items() if name != self.chooser}
        keys = read_schema(schemas[word], rest, at)
        return keys if keys is BAD else keys.made()


# --- laws ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ValuesFile:
    """An empirical law whose values are still to be read from ``file``."""

    file: str

    def law(self, values: tuple[float, ...]) -> Law:
        """Return the law of the values that were read."""
        return Empirical(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exponential:
    mean_seconds: float = key(_MEAN, "the mean")

    def made(self) -> Law:
        return Exponential(self.mean_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deterministic:
    mean_seconds: float = key(_DURATION, "always this long")

    def made(self) -> Law:
        return Deterministic(self.mean_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lognormal:
    mean_seconds: float = key(_MEAN, "the mean")
    cv: float = key(Number("number", 0, 100), "standard deviation over mean")

    def made(self) -> Law:
        return Lognormal(self.mean_seconds, self.cv)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Empirical:
    values: tuple[float, ...] | None = key(
        ListOf("list of seconds", item=_DURATION, least=1, most=100_000), "measured", default=None
    )
    file: str | None = key(Text(), "CSV file with one in the first column of a line", default=None)

    def contradiction(self) -> str | None:
        """Say so unless exactly one is given."""
        if (self.values is None) is (self.file is None):
            return 'give either "values" or "file"'
        return None

    def made(self) -> Law | ValuesFile:
        return ValuesFile(self.file) if self.file is not None else Empirical(self.values or ())


_LAW = _ChosenBy(
    "table with a distribution",
    "distribution",
    {
        "exponential": _Exponential,
        "deterministic": _Deterministic,
        "lognormal": _Lognormal,
        "empirical": _Empirical,
    },
)


# --- arrivals -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Poisson:
    """Arrivals that know nothing of each other."""

    per_hour: float


@dataclass(frozen=True, slots=True)
class TraceFile:
    """Arrivals whose times are still to be read from ``file``."""

    file: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Arrivals as they were recorded.

    Attributes:
        times: seconds from the start of the run, warm-up included, ascending.
    """

    times: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Poisson:
    per_hour: float = key(Number("number, more than 0", 1e-6, 1e8), "mean number in an hour")

    def made(self) -> Poisson:
        return Poisson(self.per_hour)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trace:
    file: str = key(Text(), "CSV file with seconds from the start in the first column")

    def made(self) -> TraceFile:
        return TraceFile(self.file)


_ARRIVALS = _ChosenBy("table with a process", "process", {"poisson": _Poisson, "trace": _Trace})


# --- tables -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioKeys:
    """What stands before the first table."""

    seed: int = key(Number("whole number", 0, 2**53, whole=True), "of all chance", default=1)
    warmup_seconds: float = key(_DURATION, "simulated first and not counted", default=0.0)
    duration_seconds: float = key(Number("seconds", 1, 1e9), "simulated and counted")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTable(QueueKeys):
    """The keys of ``queues.toml``, and the name."""

    name: str = key(_NAME, "name of the queue")

    def contradiction(self) -> str | None:
        """Say why keys do not go together."""
        return None if self.hours is None else "a scenario has no calendars: leave hours out"


@dataclass(frozen=True, slots=True)
class _QueuesKind(Plain):
    label: str = "list of queues, or table of queue to preference"

    def read(self, raw: object, at: At) -> Any:
        """Read into a table of queue to preference; in a list every queue is as good."""
        if isinstance(raw, list):
            names = ListOf(item=Text(longest=64), least=1).read(raw, at)
            return BAD if names is BAD else dict.fromkeys(names, 1)
        return TableOf(value=_SKILL, key_fits=lambda _: True).read(raw, at)


def _is_channel(name: str) -> bool:
    return name in tuple(Channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentKeys:
    """A group of like agents."""

    name: str = key(_NAME, "name of the group")
    count: int = key(Number("whole number", 1, 100_000, whole=True), "how many there are")
    queues: Mapping[str, int] = key(_QueuesKind(), "queues served; 1 is preferred to 2")
    skills: Mapping[str, int] | None = key(
        TableOf(value=_SKILL, key_fits=lambda name: 0 < len(name) <= 64, may_be_empty=True),
        "skill to level",
        default=None,
    )
    capacity: Mapping[str, int] | None = key(
        TableOf(
            value=Number("whole number", 0, 100, whole=True),
            key_fits=_is_channel,
            key_wanted="a channel, " + ", ".join(Channel),
        ),
        "contacts of each channel at once; without it one call",
        default=None,
    )
    ring_seconds: float = key(_DURATION, "from the offer to the answer", default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficKeys:
    """A stream of like contacts."""

    name: str = key(_NAME, "name of the stream")
    queue: str = key(Text(longest=64), "the queue it enters")
    channel: str = key(OneOf("channel", tuple(Channel)), "its channel", default="voice")
    priority: int = key(
        Number("whole number", -100, 100, whole=True), "higher goes first", default=0
    )
    require: tuple[Require, ...] = key(
        ListOf("list of `{ skill, min, relax_after }`", item=Record("", Require), most=20),
        "what the agent must be able to do",
        default=(),
    )
    arrivals: Poisson | TraceFile = key(_ARRIVALS, "when contacts come")  # noqa: RUF009
    handle: Law | ValuesFile = key(_LAW, "time from answer to end")  # noqa: RUF009
    patience: Law | ValuesFile | None = key(  # noqa: RUF009
        _LAW, "who has waited this long leaves; without it nobody does", default=None
    )
    wrapup_seconds: float | None = key(
        _DURATION, "after-contact work; without it what the queue grants", default=None
    )
