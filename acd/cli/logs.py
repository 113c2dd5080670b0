"""What the engine says while it runs: one line an event, for people or for programs."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor

from acd.config import Log

PERSONAL = "pii."
"""Beginning of every key that holds a number, a name or a text of a person."""


def set_up_logs(settings: Log) -> None:
    """Configure structlog and the standard library's logging, once.

    Args:
        settings: level and format.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        keep_personal_apart,
    ]
    # No values of variables, which tracebacks show by default: they are callers' secrets and texts.
    render: list[Processor]
    if settings.format == "json":
        traceback = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        render = [traceback, structlog.processors.JSONRenderer()]
    else:
        render = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                sort_keys=False,
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(_StandardError()),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(_StandardError())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    # What libraries say is of interest when something is wrong.
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def keep_personal_apart(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Move personal data under one key, so that whoever ships logs can drop it with one rule."""
    personal = {key: event.pop(key) for key in list(event) if key.startswith(PERSONAL)}
    if personal:
        event["pii"] = {key.removeprefix(PERSONAL): value for key, value in personal.items()}
    return event


class _StandardError:
    """Standard error as it is now: a live display may have put itself in its place."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()
