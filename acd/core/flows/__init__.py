"""What the core needs of flows: a cursor, signals in, actions out.

The interpreter lives in :mod:`acd.flow`; the core only knows this contract, so flows stay pure
functions of (site, contact, signal, now) and the engine stays free of node types.
"""

from __future__ import annotations

from acd.core.flows.actions import (
    Action,
    AnswerCall,
    CallBack,
    DropTask,
    EndContact,
    Enqueue,
    FlowEnd,
    KeepScore,
    NoteTrouble,
    PlayPrompts,
    RedeemCode,
    SendNotice,
    SetAttribute,
    SetLanguage,
    StartTask,
    StopPlaying,
    TakeMessage,
    VisitNode,
)
from acd.core.flows.contract import (
    Centre,
    Flows,
    QueueFigures,
    Step,
)
from acd.core.flows.places import (
    Choice,
    Cursor,
    Prompt,
)
from acd.core.flows.signals import (
    DigitPressed,
    Entered,
    MessageDone,
    PlaybackDone,
    QueueLeft,
    Reattached,
    Said,
    Signal,
    TaskBegun,
    TaskDone,
    TimedOut,
)

__all__ = [
    "Action",
    "AnswerCall",
    "CallBack",
    "Centre",
    "Choice",
    "Cursor",
    "DigitPressed",
    "DropTask",
    "EndContact",
    "Enqueue",
    "Entered",
    "FlowEnd",
    "Flows",
    "KeepScore",
    "MessageDone",
    "NoteTrouble",
    "PlayPrompts",
    "PlaybackDone",
    "Prompt",
    "QueueFigures",
    "QueueLeft",
    "Reattached",
    "RedeemCode",
    "Said",
    "SendNotice",
    "SetAttribute",
    "SetLanguage",
    "Signal",
    "StartTask",
    "Step",
    "StopPlaying",
    "TakeMessage",
    "TaskBegun",
    "TaskDone",
    "TimedOut",
    "VisitNode",
]
