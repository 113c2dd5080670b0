"""``/metrics``: what Prometheus scrapes, collected from the centre at the moment it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric

from acd import __version__
from acd.app.centre import Centre
from acd.app.documents import moment
from acd.app.journeys import OUTCOMES
from acd.app.scores import SURVEY_DAYS, days_before
from acd.app.views import AgentState, QueueDocument, agent_state
from acd.core.contact import ContactState

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_QUEUE_GAUGES = {
    "waiting": "Contacts that wait.",
    "longest_wait_seconds": "How long the longest of those waiting has waited.",
    "agents_available": "Agents who would get the next contact.",
    "agents_busy": "Agents occupied by a contact, or on the phone.",
    "agents_logged_in": "Agents who have not logged out.",
    "asa_seconds": "Average speed of answer.",
    "aht_seconds": "Average time that an agent spends on a contact.",
    "service_level": "Share answered within the target, by our own definition.",
    "estimated_wait_seconds": "Wait of a contact that came now.",
}
_QUEUE_COUNTERS = {
    "offered": "Contacts that entered.",
    "answered": "Contacts that an agent answered.",
    "abandoned": "Contacts whose customer left while waiting.",
}


class Exposition:
    """The metrics of one centre, in a registry of its own."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; called by the registry."""
        yield _single(GaugeMetricFamily, "acd_build_info", "Which version runs.",
                      1, version=__version__)  # fmt: skip
        yield from self._queues(self._centre.queues())
        yield from self._flows()
        yield from self._surveys()
        yield from self._counts()
        yield from self._engine()

    def _queues(self, queues: list[QueueDocument]) -> Iterator[Metric]:
        for key, text in _QUEUE_GAUGES.items():
            gauge = GaugeMetricFamily(f"acd_queue_{key}", text, labels=["queue"])
            for queue in queues:
                value = getattr(queue, key)
                if value is not None:  # what was never counted is absent, not zero
                    gauge.add_metric([queue.name], value)
            yield gauge
        for key, text in _QUEUE_COUNTERS.items():
            counter = CounterMetricFamily(f"acd_queue_{key}", text, labels=["queue"])
            for queue in queues:
                counter.add_metric([queue.name], getattr(queue, key))
            yield counter
        left = CounterMetricFamily(
            "acd_queue_left", "Contacts that left in another way.", labels=["queue", "reason"]
        )
        for queue in queues:
            for reason, count in queue.left.items():
                left.add_metric([queue.name, reason], count)
        yield left

    def _flows(self) -> Iterator[Metric]:
        flows = self._centre.journeys.state.flows.items()
        entered = CounterMetricFamily(
            "acd_flow_entered", "Journeys that came into a flow.", labels=["flow"]
        )
        ended = CounterMetricFamily(
            "acd_flow_outcomes", "What became of them.", labels=["flow", "outcome"]
        )
        for name, tally in flows:
            entered.add_metric([name], tally.entered)
            for outcome in OUTCOMES:
                ended.add_metric([name, outcome], getattr(tally.outcomes, outcome))
        yield entered
        yield ended

    def _surveys(self) -> Iterator[Metric]:
        scores = self._centre.scores
        answers = CounterMetricFamily(
            "acd_survey_answers",
            "What customers answered in surveys.",
            labels=["survey", "question", "scale", "score"],
        )
        for survey, question, scale, counts in scores.totals():
            for score, count in enumerate(counts):
                if count:
                    answers.add_metric([survey, question, scale, str(score)], count)
        yield answers
        today = moment(self._centre.now()).date()
        labels = ["survey", "question"]
        csat = GaugeMetricFamily(
            "acd_survey_csat", "Share of the answers 4 and 5, last seven days.", labels=labels
        )
        nps = GaugeMetricFamily(
            "acd_survey_nps", "Net promoter score, last seven days.", labels=labels
        )
        for one in scores.figures(days_before(today, SURVEY_DAYS), today):
            for gauge, value in ((csat, one.csat), (nps, one.nps)):
                if value is not None:
                    gauge.add_metric([one.survey, one.question], value)
        yield csat
        yield nps

    def _counts(self) -> Iterator[Metric]:
        state = self._centre.state
        agents = Counter(agent_state(agent) for agent in state.agents.values())
        gauge = GaugeMetricFamily("acd_agents", "Agents by what they do.", labels=["state"])
        for one in AgentState:
            gauge.add_metric([one.value], agents[one])
        yield gauge
        contacts = Counter(contact.state for contact in state.contacts.values())
        gauge = GaugeMetricFamily("acd_contacts", "Open contacts by state.", labels=["state"])
        for place in ContactState:
            if place is not ContactState.CLOSED:
                gauge.add_metric([place.value], contacts[place])
        yield gauge

    def _engine(self) -> Iterator[Metric]:
        centre, loop = self._centre, self._centre.loop
        yield _single(GaugeMetricFamily, "acd_loop_backlog", "Inputs not worked off yet.",
                      loop.backlog)  # fmt: skip
        yield _single(GaugeMetricFamily, "acd_log_stalled", "1 while the log cannot be written.",
                      int(loop.is_stalled))  # fmt: skip
        yield _single(CounterMetricFamily, "acd_log_records", "Records in the log.",
                      loop.engine.state.seq)  # fmt: skip
        yield _single(CounterMetricFamily, "acd_illegal_transitions",
                      "Events that could not follow; each is a bug.",
                      loop.engine.illegal_count)  # fmt: skip
        for name, count in centre.counters().items():
            yield _single(CounterMetricFamily, f"acd_{name}", "Operations performed.", count)
        asked = CounterMetricFamily(
            "acd_service_requests", "Questions to web services.", labels=["service", "outcome"]
        )
        for names, count in centre.asked.items():
            asked.add_metric(names, count)
        yield asked
        parts = GaugeMetricFamily(
            "acd_part_up", "1 if the part would serve a call.", labels=["part"]
        )
        for part, health in centre.health().items():
            parts.add_metric([part], int(health.ok))
        yield parts


def _single(
    kind: type[GaugeMetricFamily | CounterMetricFamily],
    name: str,
    text: str,
    value: float,
    **labels: str,
) -> Metric:
    family = kind(name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family
