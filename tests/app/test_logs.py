"""What the engine says of its own faults holds nothing of what it worked on."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from acd.cli.logs import set_up_logs
from acd.config import Log

pytestmark = pytest.mark.app

CARD = "4111111111111111"


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def _breaks(digits: str) -> None:
    headers = {"Authorization": digits}
    raise RuntimeError(f"after {len(headers)}")


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("logger", [structlog.get_logger(), logging.getLogger("somebody")])
def test_a_traceback_shows_no_values(
    form: str, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(Log.model_validate({"format": form}))
    try:
        _breaks(CARD)
    except RuntimeError:
        logger.exception("task failed")
    told = capsys.readouterr().err
    assert "task failed" in told
    assert "RuntimeError" in told
    assert "after 1" in told
    assert "_breaks" in told, "where it broke is told"
    assert CARD not in told
