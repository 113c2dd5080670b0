"""Telling: one line for people about each input and event of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from acd.core import events as e
from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.contact import BLAME
from acd.core.events import Event
from acd.core.flows import Prompt
from acd.core.inputs import Input
from acd.core.leg import LegRole
from acd.core.offer import Candidate, Candidates, OfferOutcome
from acd.core.skill import Requirement

B = TypeVar("B")
_LINES: dict[type, Callable[..., str]] = {}


def tell(body: Input | Event) -> str:
    """Return what happened in a few words; every type of record has its own."""
    return _LINES[type(body)](body)


def _tells(kind: type[B]) -> Callable[[Callable[[B], str]], Callable[[B], str]]:
    def register(line: Callable[[B], str]) -> Callable[[B], str]:
        _LINES[kind] = line
        return line

    return register


def of(word: str, detail: str) -> str:
    """Return ``word`` with ``detail`` in brackets, if there is any."""
    return f"{word} ({detail})" if detail else word


def required(requirement: Requirement) -> str:
    """Return what a contact requires, in words; empty for nothing."""
    needs = []
    for need in requirement:
        limit = f" for {need.relax_after:g} s" if need.relax_after is not None else ""
        needs.append(f"{need.skill} {need.min}{limit}")
    return ", ".join(needs)


def chosen(candidates: Candidates) -> str:
    """Return a candidate table in one line: the ranked, then how many were excluded and why."""
    ranked = [row for row in candidates.rows if row.rank]
    excluded = [row for row in candidates.rows if not row.rank]
    words = [f"{row.rank}. {row.agent}, {row.why}" for row in ranked[:3]]
    if len(ranked) > 3:
        words.append(f"{len(ranked) - 3} more free")
    words += [f"not {row.agent}: {row.why}" for row in excluded[:3]]
    if len(excluded) > 3:
        words.append(f"{len(excluded) - 3} more not free")
    if not candidates.is_complete:
        words.append("others not kept")
    return "; ".join(words)


def said(row: Candidate) -> str:
    """Return one row of a candidate table in words."""
    return f"{row.rank}. {row.agent}: {row.why}" if row.rank else f"-  {row.agent}: {row.why}"


def share(percent: int, numbers: tuple[str, ...]) -> str:
    """Return in words which contacts a canary gets."""
    parts = [f"{percent} % of the contacts"] if percent else []
    if numbers:
        parts.append(f"{len(numbers)} numbers")
    return " and ".join(parts)


def _prompts(prompts: tuple[Prompt, ...]) -> str:
    return ", ".join(p.value if p.kind == "key" else f"“{p.value}”" for p in prompts)


def _open_or_not(is_open: bool | None) -> str:
    return "as its hours say" if is_open is None else "open" if is_open else "closed"


def _who(name: str, number: str) -> str:
    return f"{name} <{number}>" if name else number or "an unknown number"


# --- inputs -------------------------------------------------------------------------------------

_tells(i.OpenLog)(lambda b: f"log to be opened by engine {b.engine}")
_tells(i.PublishSite)(lambda b: f"site {b.site.version} to be published")
_tells(i.StartCanary)(
    lambda b: f"site {b.site.version} to be tried on {share(b.percent, b.numbers)}"
)
_tells(i.PromoteCanary)(lambda b: "canary to become the running site")
_tells(i.EndCanary)(lambda b: "canary to be taken back")
_tells(i.OverrideCalendar)(lambda b: f"calendar {b.calendar} to be {_open_or_not(b.is_open)}")
_tells(i.DefineAgent)(lambda b: f"agent {b.profile.name} to be defined")
_tells(i.RemoveAgent)(lambda b: f"agent {b.agent} to be removed")
_tells(i.SetPresence)(lambda b: f"{b.agent} says {of(b.presence, b.reason)}")
_tells(i.PhoneReachable)(
    lambda b: f"phone of {b.agent} can{'' if b.is_reachable else 'not'} be reached"
)
_tells(i.FinishWrapup)(lambda b: of(f"{b.agent} says wrap-up is done", b.disposition))
_tells(i.LegArrived)(lambda b: f"call from {_who(b.caller_name, b.ani)} to {b.dnis} comes in")
_tells(i.LegReturned)(lambda b: f"call from {_who(b.caller_name, b.ani)} to {b.dnis} comes back")
_tells(i.LegBack)(
    lambda b: of(f"call from {_who(b.caller_name, b.ani)} comes back from outside", b.result)
)
_tells(i.CodeDialled)(lambda b: f"{b.code} dialled on phone {b.address}")
_tells(i.LegRinging)(lambda b: f"phone rings (leg {b.leg})")
_tells(i.LegAnswered)(lambda b: f"phone answered (leg {b.leg})")
_tells(i.LegGone)(lambda b: f"leg {b.leg} is gone: {b.cause}")
_tells(i.DigitReceived)(lambda b: f"key {b.digit} pressed")
_tells(i.PlaybackEnded)(lambda b: "prompt played to its end")
_tells(i.TaskBegun)(lambda b: f"the customer begins their part of task {b.task}")
_tells(i.TaskReported)(lambda b: f"task {b.task} reported {b.outcome}")
_tells(i.RecordingEnded)(lambda b: f"message of {b.seconds:.1f} s recorded")
_tells(i.ContactArrived)(lambda b: f"{b.channel} from {b.sender} to {b.address} comes in")
_tells(i.MessageArrived)(lambda b: f"{b.channel} from {b.sender} to {b.address} comes in")
_tells(i.CustomerLeft)(lambda b: "customer leaves")
_tells(i.SendMessage)(lambda b: f"{b.agent} writes {len(b.text)} characters")
_tells(i.MessageDelivered)(lambda b: f"message {b.message} is delivered")
_tells(i.MessageUndeliverable)(lambda b: f"message {b.message} cannot be delivered: {b.code}")
_tells(i.IdentifyContact)(lambda b: f"customer {b.customer}, conversation {b.conversation}")
_tells(i.TransferContact)(lambda b: f"{b.agent} hands over to {b.to_agent or b.to_queue}")
_tells(i.CallCustomer)(lambda b: f"{b.agent} wants to ring {b.number}")
_tells(i.WriteCustomer)(lambda b: f"{b.agent} wants to write to {b.recipient}")
_tells(i.SetPriority)(lambda b: f"priority to be {b.priority}")
_tells(i.WithdrawContact)(lambda b: "to be taken out")
_tells(i.AcceptOffer)(lambda b: "offer accepted on the screen")
_tells(i.DeclineOffer)(lambda b: "offer declined on the screen")
_tells(i.EndContact)(lambda b: f"{'customer' if b.by_customer else 'agent'} ends it")
_tells(i.EffectFailed)(lambda b: f"{b.effect} of {b.subject} failed: {b.code}")
_tells(i.PbxSeen)(
    lambda b: (
        f"PBX {b.node} looked at: {len(b.legs)} legs"
        + (", engine or link was away before" if b.is_fresh else "")
    )
)
_tells(i.PbxLost)(lambda b: f"PBX {b.node} died")
_tells(i.TimePassed)(lambda b: "a deadline came due")


# --- the centre ---------------------------------------------------------------------------------

_tells(e.LogOpened)(lambda b: f"log opened by engine {b.engine}")
_tells(e.SitePublished)(lambda b: f"site {b.site.version} published")
_tells(e.CanaryStarted)(
    lambda b: f"site {b.site.version} is tried on {share(b.percent, b.numbers)}"
)
_tells(e.CanaryEnded)(lambda b: of(f"canary {b.version} ends: {b.reason}", b.detail))
_tells(e.AgentDefined)(lambda b: f"agent {b.agent} defined")
_tells(e.AgentLeaving)(lambda b: f"{b.agent} is to be removed when done")
_tells(e.AgentRemoved)(lambda b: f"agent {b.agent} removed")
_tells(e.PresenceChanged)(lambda b: f"{b.agent} is {of(b.presence, b.reason)}")
_tells(e.AgentRested)(lambda b: f"{b.agent} is left alone for a while ({b.reason})")
_tells(e.CalendarOverridden)(
    lambda b: f"calendar {b.override.calendar} is {_open_or_not(b.override.is_open)} by word"
)
_tells(e.OverrideEnded)(lambda b: f"calendar {b.calendar} is as its hours say")
_tells(e.RestEnded)(lambda b: f"{b.agent} is considered again")
_tells(e.PhoneChanged)(
    lambda b: f"phone of {b.agent} is {'reachable' if b.is_reachable else 'unreachable'}"
)
_tells(e.PbxEpochChanged)(lambda b: f"PBX {b.node} runs as {b.epoch}")


# --- legs ---------------------------------------------------------------------------------------


@_tells(e.LegOpened)
def _leg_opened(body: e.LegOpened) -> str:
    if body.role is LegRole.CUSTOMER:
        return f"caller's leg {body.leg} on {body.node}, {body.state}"
    return f"leg {body.leg} to the phone of {body.agent}, {body.state}"


_tells(e.LegChanged)(lambda b: f"{'leg of ' + b.agent if b.agent else 'caller’s leg'} is {b.state}")
_tells(e.FarewellStarted)(lambda b: f"{b.agent or 'caller'} hears {_prompts(b.prompts)}")
_tells(e.LegClosed)(
    lambda b: f"{'leg of ' + b.agent if b.agent else 'caller’s leg'} has ended: {b.cause}"
)


# --- contacts -----------------------------------------------------------------------------------


@_tells(e.ContactOpened)
def _contact_opened(body: e.ContactOpened) -> str:
    if body.dial:
        return f"contact {body.contact}: call to {_who(body.caller_name, body.ani)}"
    what = "call" if body.channel is Channel.VOICE else str(body.channel)
    if body.begun_by is not None:
        return (
            f"contact {body.contact}: {what} of {body.begun_by} to "
            f"{_who(body.caller_name, body.ani)}"
        )
    return f"contact {body.contact}: {what} from {_who(body.caller_name, body.ani)} to {body.dnis}"


@_tells(e.ContactQueued)
def _contact_queued(body: e.ContactQueued) -> str:
    words = []
    if body.priority:
        words.append(f"priority {body.priority}")
    if body.requirement:
        words.append(f"requires {required(body.requirement)}")
    return of(f"waits in queue {body.queue}", "; ".join(words))


_tells(e.ContactIdentified)(
    lambda b: f"is from customer {b.customer}, conversation {b.conversation}"
)
_tells(e.PriorityChanged)(lambda b: f"priority {b.priority} from now on")
_tells(e.IntakeTaken)(lambda b: f"row {b.intake} of the intake is worked off")
_tells(e.MessageAdded)(
    lambda b: f"{b.agent or b.author} writes {len(b.text)} characters, message {b.message}"
)
_tells(e.MessageSettled)(
    lambda b: (
        f"message {b.message} "
        + (f"cannot be delivered: {b.failure}" if b.failure else "is delivered")
    )
)
_tells(e.FlowEntered)(lambda b: f"flow {b.flow}")
_tells(e.NodeEntered)(lambda b: f"node {b.flow}.{b.node}")
_tells(e.AttributeSet)(lambda b: f"{b.key} = {b.value}")
_tells(e.LanguageSet)(lambda b: f"language {b.language}")
_tells(e.DigitTaken)(lambda b: f"key {b.digit} taken")
_tells(e.PromptsStarted)(lambda b: f"hears {_prompts(b.prompts)}")
_tells(e.PromptsEnded)(
    lambda b: "prompt interrupted" if b.is_interrupted else "prompt heard to its end"
)
_tells(e.MessageStarted)(lambda b: f"leaves message {b.recording}")
_tells(e.MessageEnded)(lambda b: f"message of {b.seconds:.1f} s left")
_tells(e.FlowWaiting)(lambda b: f"stands at node {b.cursor.flow}.{b.cursor.node}")
_tells(e.LegPassed)(lambda b: f"the customer goes on in contact {b.to}")
_tells(e.TaskStarted)(lambda b: f"task {b.task} begins: {b.what.kind}")
_tells(e.TaskEnded)(lambda b: of(f"task {b.task} is over: {b.outcome}", ", ".join(b.values)))
_tells(e.NodeFailed)(lambda b: f"node {b.flow}.{b.node} did not help: {b.reason}")
_tells(e.CodeRedeemed)(lambda b: f"a code of promotion {b.promotion} is redeemed")
_tells(e.CallPromised)(lambda b: f"a call back is promised, queue {b.promise.queue}")
_tells(e.ScoreKept)(lambda b: f"survey {b.survey}, {b.question}: {b.score} ({b.scale})")
_tells(e.NoticeSent)(lambda b: f"{b.channel} of {len(b.text)} characters sets out, {b.message}")
_tells(e.QueueLeft)(lambda b: f"leaves queue {b.queue}: {b.reason}")
_tells(e.RequirementRelaxed)(
    lambda b: f"requires only {required(b.requirement) or 'nothing'} from now on"
)
_tells(e.MusicStarted)(lambda b: f"hears music {b.music}")


# --- offers and endings -------------------------------------------------------------------------

_OUTCOMES: dict[OfferOutcome, str] = {
    OfferOutcome.ACCEPTED: "was accepted",
    OfferOutcome.DECLINED: "was declined",
    OfferOutcome.BUSY: "found the phone busy",
    OfferOutcome.RONA: "was not answered in time",
    OfferOutcome.UNREACHABLE: "did not reach the phone",
    OfferOutcome.FAILED: "failed",
    OfferOutcome.WITHDRAWN: "was withdrawn",
}

_tells(e.OfferMade)(lambda b: f"offered to {b.agent}, attempt {b.attempt} [{chosen(b.candidates)}]")
_tells(e.OfferRinging)(lambda b: f"phone of {b.agent} rings")
_tells(e.OfferAccepted)(lambda b: f"{b.agent} answers")
_tells(e.OfferEnded)(lambda b: f"offer to {b.agent} {_OUTCOMES[b.outcome]}")
_tells(e.WorkHeld)(lambda b: f"{b.agent} puts it aside")
_tells(e.WorkResumed)(lambda b: f"{b.agent} goes on with it")
_tells(e.ContactTransferred)(lambda b: f"{b.agent} hands it over to {b.to or 'queue ' + b.queue}")
_tells(e.ContactEnded)(
    lambda b: (
        f"ends: {b.reason}, by {BLAME[b.reason]}"
        + (f", after waiting {b.waited_seconds:.1f} s" if b.waited_seconds is not None else "")
    )
)
_tells(e.WrapupStarted)(lambda b: f"{b.agent} wraps up")
_tells(e.WorkDone)(lambda b: of(f"{b.agent} is done", b.disposition))
_tells(e.ContactClosed)(lambda b: of(f"closed: {b.reason}", b.disposition))
