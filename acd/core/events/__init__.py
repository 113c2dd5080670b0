"""Events: what has happened, in the past tense. State is a fold of them, and of nothing else.

An event decides nothing: everything needed to apply it is in it. A change of meaning is a new
``VERSION`` with an upcaster, never an edit of old records.
"""

from __future__ import annotations

from acd.core.events.centre import (
    AgentDefined,
    AgentLeaving,
    AgentRemoved,
    AgentRested,
    CalendarOverridden,
    CentreEvent,
    LogOpened,
    OverrideEnded,
    PbxEpochChanged,
    PhoneChanged,
    PresenceChanged,
    RestEnded,
    SitePublished,
)
from acd.core.events.contacts import (
    AttributeSet,
    ContactEvent,
    ContactIdentified,
    ContactOpened,
    ContactQueued,
    DigitTaken,
    FlowEntered,
    FlowWaiting,
    LanguageSet,
    LegPassed,
    MessageEnded,
    MessageStarted,
    MusicStarted,
    NodeEntered,
    PriorityChanged,
    PromptsEnded,
    PromptsStarted,
    QueueLeft,
    RequirementRelaxed,
)
from acd.core.events.endings import (
    ContactClosed,
    ContactEnded,
    EndingEvent,
    WorkDone,
    WrapupStarted,
)
from acd.core.events.flows import (
    CallPromised,
    CodeRedeemed,
    FlowEvent,
    NodeFailed,
    NoticeSent,
    ScoreKept,
    TaskEnded,
    TaskStarted,
)
from acd.core.events.legs import (
    FarewellStarted,
    LegChanged,
    LegClosed,
    LegEvent,
    LegOpened,
)
from acd.core.events.messages import (
    IntakeTaken,
    MessageAdded,
    MessageEvent,
    MessageSettled,
)
from acd.core.events.offers import (
    ContactTransferred,
    OfferAccepted,
    OfferEnded,
    OfferEvent,
    OfferMade,
    OfferRinging,
    WorkHeld,
    WorkResumed,
)
from acd.core.events.publishing import CanaryEnded, CanaryStarted, PublishingEvent

Event = (
    CentreEvent
    | PublishingEvent
    | LegEvent
    | FlowEvent
    | ContactEvent
    | FlowEvent
    | MessageEvent
    | OfferEvent
    | EndingEvent
)

__all__ = [
    "AgentDefined",
    "AgentLeaving",
    "AgentRemoved",
    "AgentRested",
    "AttributeSet",
    "CalendarOverridden",
    "CallPromised",
    "CanaryEnded",
    "CanaryStarted",
    "CodeRedeemed",
    "ContactClosed",
    "ContactEnded",
    "ContactIdentified",
    "ContactOpened",
    "ContactQueued",
    "ContactTransferred",
    "DigitTaken",
    "Event",
    "FarewellStarted",
    "FlowEntered",
    "FlowWaiting",
    "IntakeTaken",
    "LanguageSet",
    "LegChanged",
    "LegClosed",
    "LegOpened",
    "LegPassed",
    "LogOpened",
    "MessageAdded",
    "MessageEnded",
    "MessageSettled",
    "MessageStarted",
    "MusicStarted",
    "NodeEntered",
    "NodeFailed",
    "NoticeSent",
    "OfferAccepted",
    "OfferEnded",
    "OfferMade",
    "OfferRinging",
    "OverrideEnded",
    "PbxEpochChanged",
    "PhoneChanged",
    "PresenceChanged",
    "PriorityChanged",
    "PromptsEnded",
    "PromptsStarted",
    "QueueLeft",
    "RequirementRelaxed",
    "RestEnded",
    "ScoreKept",
    "SitePublished",
    "TaskEnded",
    "TaskStarted",
    "WorkDone",
    "WorkHeld",
    "WorkResumed",
    "WrapupStarted",
]
