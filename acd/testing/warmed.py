"""What the processes of :mod:`acd.testing.warm` are forked with: everything that `acd` imports."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from acd.app import faults
from acd.bootstrap import running  # noqa: F401  (what starts an engine is wanted at once)
from acd.cli import commands, main

commands.load(())


def command(
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    out: Connection,
    err: Connection,
) -> None:
    """Be `acd` with these words; ends the process."""
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    for stream in {out, err}:
        stream.close()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    faults.choose(environment.get(faults.VARIABLE, ""))
    sys.argv[:] = ["acd", *words]
    main()


def work(what: Callable[[str], None], given: str, out: Connection) -> None:
    """Call a function whose prints go to ``out``."""
    os.dup2(out.fileno(), 1)
    out.close()
    what(given)
