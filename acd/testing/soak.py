"""Soak: random load over calls, chats and mails on real parts, watched all the time.

    python -m acd.testing.soak --minutes 20

Asterisk, SIP telephones, the chat's sockets and SMTP are real; agents' decisions are drawn from one
seed. Every second the invariants of the state are checked; every ten the process is weighed. In the
end everything has to have ended: no contact, no leg, no channel or bridge in Asterisk, no message
under way, and as many contacts closed as opened.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

import aiosmtplib
from aiohttp import ClientSession

from acd import demo
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Agent, AgentProfile, Presence, Work, WorkState
from acd.core.channel import Channel
from acd.core.contact import ContactState
from acd.core.ids import AgentName
from acd.testing.chatclient import chat
from acd.testing.house import House, house, orphans
from acd.testing.invariants import problems
from acd.testing.mailserver import mail_server
from acd.testing.softphone import Answer, CallGone, CallNotAnswered

MAILBOX = "support@example.org"
WEIGH_EVERY = 10
CALM_SECONDS = 180.0


@dataclass(slots=True)
class Weight:
    """What the process holds; telephones and customers are in it, too."""

    second: int
    memory_mib: float
    descriptors: int
    tasks: int


@dataclass(slots=True)
class Soak:
    """One run.

    Attributes:
        found: broken invariants, each once.
        weights: the process over time.
        counts: what was done.
    """

    centre: House
    smtp_port: int
    random: random.Random
    is_over: bool = False
    found: Counter[str] = field(default_factory=Counter)
    weights: list[Weight] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    async def run(self, seconds: float) -> None:
        """Let customers come for so long, then wait until all have gone."""
        people = [asyncio.create_task(self._telephone(name)) for name, *_ in demo.AGENTS]
        people += [asyncio.create_task(self._screen(name)) for name, *_ in demo.AGENTS]
        watching = asyncio.create_task(self._watch())
        customers: set[asyncio.Task[None]] = set()
        kinds: list[tuple[float, Callable[[int], Awaitable[None]]]] = [
            (6.0, self._call), (4.0, self._chat), (6.0, self._mail),
        ]  # fmt: skip
        until = time.monotonic() + seconds
        due = {kind: time.monotonic() for _, kind in kinds}
        while time.monotonic() < until:
            for every, kind in kinds:
                if due[kind] <= time.monotonic():
                    due[kind] += self.random.expovariate(1 / every)
                    self.counts[kind.__name__.strip("_")] += 1
                    task = asyncio.ensure_future(kind(sum(self.counts.values())))
                    customers.add(task)
                    task.add_done_callback(customers.discard)
            await asyncio.sleep(0.1)
        self.is_over = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*customers), CALM_SECONDS)
            await self.centre.all_quiet(seconds=CALM_SECONDS)
        for task in (*people, watching):
            task.cancel()
        results = await asyncio.gather(*people, watching, return_exceptions=True)
        for result in results:
            if not isinstance(result, asyncio.CancelledError):
                self.found[f"a part ended: {result!r}"] += 1

    # --- customers ------------------------------------------------------------------------------

    async def _call(self, number: int) -> None:
        caller = await (await self.centre.customer(f"+1555{number:06}")).dial("300")
        with contextlib.suppress(CallGone, CallNotAnswered):
            await caller.wait_established()
            await caller.wait_seconds(self.random.uniform(5, 40))
        await caller.hangup()

    async def _chat(self, number: int) -> None:
        who = f"visitor{number}@example.org"
        url = self.centre.running.url
        async with ClientSession() as session, chat(session, url, email=who) as client:
            for line in range(self.random.randint(1, 4)):
                await client.say(f"line {line}")
                await asyncio.sleep(self.random.uniform(1, 10))
            await client.send("leave", id=f"leave-{number:08}")
            await client.frame("ack", id=f"leave-{number:08}")

    async def _mail(self, number: int) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"] = f"writer{number}@example.org", MAILBOX
        mail["Subject"], mail["Message-ID"] = f"Question {number}", f"<{number}@example.org>"
        mail.set_content("Where is my order?")
        await aiosmtplib.send(
            mail, hostname="127.0.0.1", port=self.smtp_port, use_tls=False, start_tls=False
        )

    # --- agents ---------------------------------------------------------------------------------

    async def _telephone(self, name: str) -> None:
        phone = await self.centre.agent(name, Answer(0.3))
        while True:
            call = await phone.next_call(None)
            with contextlib.suppress(CallGone, CallNotAnswered):
                await call.wait_established()
                await call.wait_seconds(self.random.uniform(3, 15))
            await call.hangup()

    async def _screen(self, name: str) -> None:
        """Accept and decline, write and end, wrap up, take breaks and come back."""
        login = AgentName(name)
        while True:
            await asyncio.sleep(self.random.uniform(0.2, 1.0))
            agent = self.centre.state.agents[login]
            if agent.presence is not Presence.AVAILABLE or self.random.random() < 0.002:
                away = agent.presence is Presence.AVAILABLE and not self.is_over
                presence = Presence.NOT_READY if away else Presence.AVAILABLE
                await self._ask(i.SetPresence(login, presence, "break" if away else ""), login)
            for work in list(agent.works.values()):
                await self._work(agent, work)

    async def _work(self, agent: Agent, work: Work) -> None:
        chance, name = self.random.random(), agent.name
        if work.leg is None and work.state is WorkState.OFFERED:
            kind = i.AcceptOffer if chance < 0.9 else i.DeclineOffer
            await self._ask(kind(work.offer), name)
        elif work.state is WorkState.WRAPUP:
            await self._ask(i.FinishWrapup(name, "done", work.contact), name)
        elif work.state is WorkState.HELD:
            self.counts["seen on hold"] += 1
        elif work.leg is None and work.state is WorkState.ACTIVE:
            if chance < 0.3:
                key = f"{work.contact}-{self.random.getrandbits(48):x}"
                await self._ask(i.SendMessage(work.contact, name, key, "We look into it."), name)
                self.counts["replies"] += 1
            elif chance < 0.4:
                await self._ask(i.EndContact(work.contact, by_customer=False), name)

    async def _ask(self, cause: i.Input, agent: AgentName) -> None:
        await self.centre.centre.ask(cause, f"agent:{agent}")

    # --- watching -------------------------------------------------------------------------------

    async def _watch(self) -> None:
        began, second = time.monotonic(), 0
        while True:
            for problem in problems(self.centre.state):
                self.found[problem] += 1
            if second % WEIGH_EVERY == 0:
                self.weights.append(weigh(second))
                states = Counter(c.state.value for c in self.centre.state.contacts.values())
                last = self.weights[-1]
                print(f"{second:5} s  {last.memory_mib:6.1f} MiB  {last.descriptors:4} fds  "
                      f"{last.tasks:4} tasks  {dict(states)}", flush=True)  # fmt: skip
            second += 1
            await asyncio.sleep(max(0.0, began + second - time.monotonic()))


def weigh(second: int) -> Weight:
    """Return what this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    memory = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Weight(second, memory, len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()))


async def soak(seconds: float, seed: int, site: Path) -> list[str]:
    """Run; return everything that is wrong."""
    agents = {
        name: AgentProfile(
            AgentName(name), title, skills, queues, str(demo.FIRST_SIP_USER + n),
            demo.CAPACITY | {Channel.CHAT: 2},
        )
        for n, (name, title, queues, skills) in enumerate(demo.AGENTS)
    }  # fmt: skip
    smtp_port = free_port()
    with TemporaryDirectory(prefix="acd-soak-") as directory:
        async with mail_server() as outside:
            mail = {"smtp_host": "127.0.0.1", "smtp_port": outside.port, "smtp_security": "none",
                    "listen_port": smtp_port}  # fmt: skip
            mailboxes = {"support": {"address": MAILBOX}}
            home = Path(directory)
            async with house(home, site, agents, mail=mail, mailboxes=mailboxes) as centre:
                run = Soak(centre, smtp_port, random.Random(seed))
                await run.run(seconds)
                return [*(f"{text} ({n} times)" for text, n in run.found.items()),
                        *await verdict(run)]  # fmt: skip


async def verdict(run: Soak) -> list[str]:
    """Return what did not end as it must."""
    centre = run.centre
    state, records = centre.state, await centre.records()
    bodies = [record.body for record in records]
    opened = {body.contact: body.channel for body in bodies if isinstance(body, e.ContactOpened)}
    reasons = Counter(body.reason.value for body in bodies if isinstance(body, e.ContactClosed))
    left = [c for c in state.contacts.values() if c.state is not ContactState.CLOSED]
    print("done:", dict(run.counts))
    print("contacts:", dict(Counter(opened.values())), "ended:", dict(reasons))
    print(
        "held:", sum(isinstance(body, e.WorkHeld) for body in bodies), "of", len(records), "records"
    )
    wrong = [f"{c.id} on {c.channel} is still {c.state}" for c in left]
    if sum(reasons.values()) != len(opened) - len(left):
        wrong.append(f"{len(opened)} opened, {sum(reasons.values())} closed")
    for kind, channel in (("call", "voice"), ("chat", "chat"), ("mail", "mail")):
        came = sum(found == channel for found in opened.values())
        if came < run.counts[kind] * (0.95 if kind == "call" else 1):
            wrong.append(f"of {run.counts[kind]} {kind}s {came} became contacts")
    if state.outbox:
        wrong.append(f"{len(state.outbox)} messages are still under way")
    wrong += [
        f"left in Asterisk: {one}" for one in await asyncio.to_thread(orphans, centre.settings.home)
    ]
    return wrong + leaks(run.weights)


def leaks(weights: list[Weight]) -> list[str]:
    """Return what grew from the second quarter of a run to the last, by more than half."""
    quarter = len(weights) // 4
    if quarter < 3:
        return []
    found = []
    for name in ("memory_mib", "descriptors", "tasks"):
        early, late = (
            sum(getattr(one, name) for one in part) / len(part)
            for part in (weights[quarter : 2 * quarter], weights[-quarter:])
        )
        print(f"{name}: {early:.1f} in the second quarter, {late:.1f} in the last")
        if late > 1.5 * early:
            found.append(f"{name} grew from {early:.1f} to {late:.1f}")
    return found


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main() -> None:
    """Read the words, run, and say what is wrong."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--minutes", type=float, default=20.0, help="how long customers come")
    words.add_argument("--seed", type=int, default=1, help="where all chance comes from")
    words.add_argument("--site", type=Path, default=Path("dialplans"), help="the dialplans used")
    given = words.parse_args()
    wrong = asyncio.run(soak(60 * given.minutes, given.seed, given.site))
    for one in wrong:
        print("WRONG:", one)
    print("clean" if not wrong else f"{len(wrong)} things are wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
