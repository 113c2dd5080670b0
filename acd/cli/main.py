"""The entry point: runs a command and turns what went wrong into a line and an exit status."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

from typer.exceptions import Abort, TyperException

from acd.cli.commands import load
from acd.cli.logs import set_up_logs
from acd.cli.output import print_error
from acd.cli.root import app
from acd.config import Log
from acd.core.errors import AcdError

BAD_INPUT = frozenset(
    {"bad-input", "bad-settings", "erlang-input", "scenario-invalid", "strategy-unknown"}
)
"""Codes of what was asked for wrongly: exit status 2."""

INTERRUPTED = 130
"""As a shell says of a program ended by Ctrl-C."""


def main() -> None:
    """Run the command that the process was started with, and end the process."""
    set_up_logs(Log(level="warning"))
    try:
        status = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)


def _run() -> int:
    try:
        load(sys.argv[1:])
        answer = app(prog_name="acd", standalone_mode=False)
    except AcdError as error:
        print_error(error)
        return 2 if error.code in BAD_INPUT else 1
    except TyperException as error:
        return _bad_usage(error)
    except (KeyboardInterrupt, Abort):
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "acd":
            return _unexpected(error)
        print_error(
            AcdError(
                f"a Python package is missing: {error.name}",
                hint="a new version may need new ones: `scripts/setup run` installs them",
            )
        )
        return 1
    except Exception as error:
        return _unexpected(error)
    return answer if isinstance(answer, int) else 0


def _unexpected(error: Exception) -> int:
    if os.environ.get("ACD_LOG_LEVEL") == "debug":
        traceback.print_exception(error)
    print_error(
        AcdError(
            f"this should not have happened: {type(error).__name__}: {error}",
            hint="please report it; ACD_LOG_LEVEL=debug prints where it happened",
        )
    )
    return 1


def _bad_usage(error: Any) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        return 2  # the help is printed
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "acd"
    message = error.format_message().rstrip(".").replace(": Value error, ", ": ")
    print_error(AcdError(message[:1].lower() + message[1:], hint=f"see `{path} --help`"))
    return 2
