"""The hand-over card: what a contact brings along from the flows to the agent who takes it. Pure.

The way and its troubles are in the contact's document; here they get the words of the site that the
contact walked. The whole story, press by press, is :mod:`acd.app.walk`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from acd.app.documents import ContactDocument
from acd.app.replies import Reply
from acd.core.ids import ContactId, CustomerId
from acd.core.site import Site
from acd.flow.chart import Chart, Way, chart_of, wording
from acd.flow.nodes.enqueue import SUGGESTED
from acd.flow.template import TOLD

_OF_PROGRAMS = (TOLD - {"subject"}) | {SUGGESTED, "mail_id"}
"""Attributes that tell an agent nothing, or that the card shows in a place of their own."""


class StepDocument(msgspec.Struct, kw_only=True):
    """A place of a flow that the contact came through.

    Attributes:
        flow, title: name and title of the flow.
        type: type of the node; empty if its version of the site is not served any more.
        text: what is heard or read there, or what is done, in a line.
        answer: the choice, or the outcome, by which it was left; empty where there is only one.
        troubles: why it did not bring the customer on, each reason once.
    """

    flow: str
    title: str
    node: str
    type: str
    text: str
    answer: str
    troubles: list[str]


class TroubleText(msgspec.Struct, kw_only=True):
    """What failed or was asked for, and at what.

    Attributes:
        reason: ``no_input``, ``not_understood``, ``failed``, or the command that was given.
        text: what was heard or read there.
        times: how often.
    """

    reason: str
    text: str
    times: int


class HandoverDocument(msgspec.Struct, kw_only=True):
    """What an agent should know before the first word.

    Attributes:
        language: the customer's.
        customer: whose card there is; null while nobody knows.
        values: what was collected and found out.
        steps: the way through the flows; the latest places, in order.
        troubles: what went wrong, or was asked for.
        reply: what the flow suggests to answer first.
    """

    contact: ContactId
    language: str
    customer: CustomerId | None
    values: dict[str, str]
    steps: list[StepDocument]
    troubles: list[TroubleText]
    reply: Reply | None


def following(before: ContactDocument, document: ContactDocument) -> ContactDocument:
    """Return a contact with the way of the one that it follows before its own.

    Args:
        before: the contact that is named by the attribute ``previous_contact``.
        document: the contact.
    """
    return msgspec.structs.replace(
        document,
        path=[*before.path, *document.path],
        troubles=[*before.troubles, *document.troubles],
    )


def handover_of(
    document: ContactDocument, site: Site | None, replies: Iterable[Reply]
) -> HandoverDocument:
    """Return the hand-over card of a contact.

    Args:
        document: the contact.
        site: the version of the site that it walks, if that is served still.
        replies: the canned replies there are.
    """
    places = (*document.path, *(one.place for one in document.troubles))
    flows = {place.partition("/")[0] for place in places}
    charts = {name: chart_of(site, name) for name in flows if site and name in site.flows}
    suggested = document.attributes.get(SUGGESTED)
    return HandoverDocument(
        contact=document.id,
        language=document.language,
        customer=document.customer_id,
        values={k: v for k, v in document.attributes.items() if k not in _OF_PROGRAMS},
        steps=[_step(document, site, charts, at) for at in range(len(document.path))],
        troubles=[
            TroubleText(reason=one.reason, text=_text(charts, one.place), times=one.times)
            for one in document.troubles
        ],
        reply=next((one for one in replies if one.name == suggested), None),
    )


def _text(charts: dict[str, Chart], place: str) -> str:
    flow, _, node = place.partition("/")
    box = charts[flow].box(node) if flow in charts else None
    return box.text if box is not None else ""


def _step(
    document: ContactDocument, site: Site | None, charts: dict[str, Chart], at: int
) -> StepDocument:
    place = document.path[at]
    flow, _, node = place.partition("/")
    chart = charts.get(flow)
    box = chart.box(node) if chart is not None else None
    troubles = [one.reason for one in document.troubles if one.place == place]
    answer = ""
    if site is not None and chart is not None and at + 1 < len(document.path):
        to_flow, _, to_node = document.path[at + 1].partition("/")
        way = chart.way(node, to_flow, to_node, is_chosen=not troubles)
        if way is not None and not way.is_failure:
            answer = _called(site, flow, way, document.language)
    return StepDocument(
        flow=flow,
        title=chart.title if chart is not None else "",
        node=node,
        type=box.type if box is not None else "",
        text=box.text if box is not None else "",
        answer=answer,
        troubles=list(dict.fromkeys(troubles)),
    )


def _called(site: Site, flow: str, way: Way, language: str) -> str:
    """Return what a way is called: its keys, each with the label that a menu gives it."""
    nodes = cast("dict[str, dict[str, Any]]", site.flows[flow].get("node", {}))
    labels: dict[str, str] = nodes.get(way.source, {}).get("labels", {})
    return ", ".join(
        f"{key} · {wording(site, labels[key], language)}" if key in labels else key
        for key in way.keys
    )
