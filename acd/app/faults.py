"""Named points at which a test may kill the engine: a crash at any line is a normal event.

``ACD_FAULT=after-append:OfferMade`` kills the process with SIGKILL when the engine comes to that
point, ``…:OfferMade#3`` the third time. Without the variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "ACD_FAULT"

_point = ""
_left = 0


def choose(point: str) -> None:
    """Choose where to die; empty for nowhere."""
    global _point, _left
    _point, _, count = point.partition("#")
    _left = int(count or 1)


def fault(stage: str, thing: str) -> None:
    """Die here if this point was chosen."""
    global _left
    if _point and f"{stage}:{thing}" == _point:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


choose(os.environ.get(VARIABLE, ""))
