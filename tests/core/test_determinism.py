"""The same inputs give the same log, byte for byte: any hash seed, also after a restart."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from acd.app.codec import decode, encode, export_jsonl
from acd.core.engine import Engine, Outcome
from acd.core.record import Record
from acd.core.state import State
from acd.testing.chaos import Chaos

pytestmark = pytest.mark.core

HASH_SEEDS = range(20)


def log_hash(records: list[Record]) -> str:
    return hashlib.sha256(b"".join(export_jsonl(records))).hexdigest()


def run(chaos: Chaos) -> str:
    chaos.run()
    return log_hash(chaos.watch.records)


def test_same_log_under_every_hash_seed() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests/core')\n"
        "from test_determinism import run\n"
        "from acd.testing.chaos import Chaos\n"
        "print(run(Chaos(5, callers=25, thorough_every=10**9)))"
    )

    def under(seed: int) -> str:
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    with ThreadPoolExecutor(2) as pool:
        hashes = set(pool.map(under, HASH_SEEDS))
    assert hashes == {run(Chaos(5, callers=25))}


class Snapshotting(Chaos):
    """Goes on from a saved and read back state after every so many steps."""

    every = 7
    steps = 0
    restarts = 0

    def _took(self, outcome: Outcome) -> None:
        super()._took(outcome)
        self.steps += 1
        if self.steps % self.every == 0:
            self.restarts += 1
            state = decode(encode(self.engine.state), State)
            self.engine = self.watch.engine = Engine(self.flows, state, is_strict=True)


def test_same_rest_after_a_restart_from_a_snapshot() -> None:
    restarted = Snapshotting(6, callers=100)
    assert run(restarted) == run(Chaos(6, callers=100))
    assert restarted.restarts > 50
