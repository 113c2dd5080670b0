"""The flow interpreter as the engine runs it: values are written in the customer's language."""

from __future__ import annotations

from acd.app.written import written
from acd.flow.interpreter import FlowInterpreter


def flow_interpreter() -> FlowInterpreter:
    """Return an interpreter; everything that replays a log has to use the same."""
    return FlowInterpreter(written)
