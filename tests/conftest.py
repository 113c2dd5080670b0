"""In which order files are run, and how failures are told."""

from __future__ import annotations

import gc
from collections.abc import Generator
from pathlib import Path

import pytest

FIRST = (
    "asterisk/test_crash.py",
    "asterisk/test_up.py",
    "asterisk/test_robust.py",
    "asterisk/test_live_stories.py",
    "bench/test_bench.py",
    "asterisk/test_load.py",
    "asterisk/test_publish.py",
    "asterisk/test_tutorial.py",
    "asterisk",
    "browser",
)
"""What takes longest, longest first: more by waiting for telephones and pages than by computing.

Files are handed to processes whole; what is short comes last, and no process is left with a long
one when the others have done. All that is not named here follows.
"""


def _place(item: pytest.Item) -> int:
    path = item.path.relative_to(Path(__file__).parent).as_posix()
    places = (place for place, name in enumerate(FIRST) if path.startswith(name))
    return next(places, len(FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files begin, so that processes side by side end together."""
    items.sort(key=_place)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no garbage be collected while a failure is put into words.

    For that pytest parses the source around it. What is collected meanwhile may complain of an
    exception nobody took, and for its traceback Python parses, too; before 3.11.8 a parse within
    a parse is a ``SystemError`` (https://github.com/python/cpython/issues/106905), which ends the
    whole run.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
