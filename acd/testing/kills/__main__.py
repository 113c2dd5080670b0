"""SIGKILL of the engine in the course of chat messages, webhooks and mails: nothing lost, doubled.

    python -m acd.testing.kills --kills 200

For each channel an engine of its own is killed that often: at every named point of a message's way
in and of an answer's way out, in three rounds, then at random instants of starting and working.
Dovecot, SMTP, HTTP and the chat's sockets are real. See ``acd/testing/kills/verdict.py`` for what
is held against what. Exit status 1 if anything was lost or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from acd.testing.kills.customers import Chatting, Mailing, Posting
from acd.testing.kills.run import Run, Told, plan, run_of
from acd.testing.kills.talk import Customers
from acd.testing.kills.verdict import Verdict, judge

CHANNELS: dict[str, type[Customers]] = {"mail": Mailing, "chat": Chatting, "webhook": Posting}


async def fire(
    kind: type[Customers], kills: int, seed: int, directory: Path, tell: Told
) -> tuple[Run, Verdict]:
    """Kill the engine of one channel so often; return what came of it."""
    chance = random.Random(seed)
    async with run_of(kind, directory, chance) as run:
        await run.fire(plan(kind.points, kills, chance), tell)
        return run, await judge(run)


def table(results: Sequence[tuple[str, Run, Verdict, float]]) -> list[str]:
    """Return the lines of the result."""
    lines = []
    for name, run, _, _ in results:
        lines += [f"{name:8}{count:6}  {point}" for point, count in run.kills.items()]
    lines.append("")
    lines.append("channel  kills  under way  contacts  messages  answers  repeats  wrong  seconds")
    for name, run, verdict, seconds in results:
        lines.append(
            f"{name:8}{run.kills.total():6}{run.caught:11}{verdict.contacts:10}"
            f"{verdict.messages:10}{verdict.answers:9}{verdict.repeats:9}"
            f"{len(verdict.wrong):7}{seconds:9.0f}"
        )
    return lines


def main() -> None:
    """Read the words, kill, and say what is wrong."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--kills", type=int, default=200, help="of each channel's engine")
    words.add_argument("--seed", type=int, default=1, help="where all chance comes from")
    words.add_argument("--channel", choices=CHANNELS, help="this one alone")
    given = words.parse_args()
    results = []
    for name, kind in CHANNELS.items():
        if given.channel in (None, name):
            began, tell = time.monotonic(), partial(print, name, flush=True)
            with TemporaryDirectory(prefix="acd-kills-") as directory:
                run, verdict = asyncio.run(
                    fire(kind, given.kills, given.seed, Path(directory), tell)
                )
            results.append((name, run, verdict, time.monotonic() - began))
    for line in table(results):
        print(line)
    wrong = [f"{name}: {one}" for name, _, verdict, _ in results for one in verdict.wrong]
    for one in wrong:
        print("WRONG:", one)
    print("nothing lost, nothing doubled" if not wrong else f"{len(wrong)} things are wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
