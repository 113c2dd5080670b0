"""How failures are told."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest


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
