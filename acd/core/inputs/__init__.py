"""Inputs: what the core is told. Facts in the past tense, requests in the imperative.

Every input is written to the log before anything it causes, so a log replays.
"""

from __future__ import annotations

from acd.core.inputs.centre import (
    CentreInput,
    DefineAgent,
    FinishWrapup,
    OpenLog,
    OverrideCalendar,
    PhoneReachable,
    PublishSite,
    RemoveAgent,
    SetPresence,
)
from acd.core.inputs.contacts import (
    AcceptOffer,
    CallCustomer,
    ContactArrived,
    ContactInput,
    CustomerLeft,
    DeclineOffer,
    EndContact,
    IdentifyContact,
    MessageArrived,
    MessageDelivered,
    MessageUndeliverable,
    SendMessage,
    SetPriority,
    TransferContact,
    WithdrawContact,
    WriteCustomer,
)
from acd.core.inputs.flows import FlowInput, TaskBegun, TaskReported
from acd.core.inputs.legs import (
    CodeDialled,
    DigitReceived,
    LegAnswered,
    LegArrived,
    LegBack,
    LegGone,
    LegInput,
    LegReturned,
    LegRinging,
    PlaybackEnded,
    RecordingEnded,
)
from acd.core.inputs.pbx import (
    HOLD_BRIDGE,
    EffectFailed,
    LegFact,
    PbxInput,
    PbxLost,
    PbxSeen,
    TimePassed,
)
from acd.core.inputs.publishing import EndCanary, PromoteCanary, PublishingInput, StartCanary

Input = CentreInput | PublishingInput | LegInput | FlowInput | ContactInput | PbxInput

__all__ = [
    "HOLD_BRIDGE",
    "AcceptOffer",
    "CallCustomer",
    "CodeDialled",
    "ContactArrived",
    "CustomerLeft",
    "DeclineOffer",
    "DefineAgent",
    "DigitReceived",
    "EffectFailed",
    "EndCanary",
    "EndContact",
    "FinishWrapup",
    "IdentifyContact",
    "Input",
    "LegAnswered",
    "LegArrived",
    "LegBack",
    "LegFact",
    "LegGone",
    "LegReturned",
    "LegRinging",
    "MessageArrived",
    "MessageDelivered",
    "MessageUndeliverable",
    "OpenLog",
    "OverrideCalendar",
    "PbxLost",
    "PbxSeen",
    "PhoneReachable",
    "PlaybackEnded",
    "PromoteCanary",
    "PublishSite",
    "RecordingEnded",
    "RemoveAgent",
    "SendMessage",
    "SetPresence",
    "SetPriority",
    "StartCanary",
    "TaskBegun",
    "TaskReported",
    "TimePassed",
    "TransferContact",
    "WithdrawContact",
    "WriteCustomer",
]
