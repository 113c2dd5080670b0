"""An agent at the desk of a real centre."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from acd.adapters.asterisk.settings import sip_digest
from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.ports.store import AgentRow, Role
from acd.testing import dovecot
from acd.testing.browser import Window
from acd.testing.dovecot import Dovecot
from acd.testing.house import House, agent_profile, house, sip_password
from acd.testing.mailserver import MailServer, mail_server
from acd.testing.tones import tone_share

PASSWORD = "a password for the desk of a test"
DESK = "desk@example.org"
"""Where customers write to."""


@dataclass(slots=True)
class WholeDesk:
    """A centre on every channel and those around it.

    Attributes:
        mailbox: what customers write to us is put here.
        customers: the mail server of the customers.
    """

    house: House
    mailbox: Dovecot
    customers: MailServer
    http: ClientSession


@contextlib.asynccontextmanager
async def whole_desk(
    home: Path, site: Path, profile: AgentProfile, **given: Any
) -> AsyncIterator[WholeDesk]:
    """Run a centre with telephones, chat and mail, and one agent, who may sign in."""
    secret = home.with_suffix(".secret")
    secret.write_text(dovecot.PASSWORD)
    secret.chmod(0o600)
    with dovecot.running() as mailbox:
        box = {
            "address": DESK,
            "title": "The Desk",
            "imap_host": "127.0.0.1",
            "imap_port": mailbox.port,
            "imap_security": "none",
            "imap_user": "desk",
            "imap_password_file": secret,
        }
        async with mail_server() as customers, ClientSession() as http:
            out = {"smtp_host": "127.0.0.1", "smtp_port": customers.port, "smtp_security": "none"}
            async with house(
                home, site, {profile.name: profile}, mail=out, mailboxes={"desk": box}, **given
            ) as running:
                await give_password(running, profile)
                yield WholeDesk(running, mailbox, customers, http)


def desk_agent(name: str, **capacity: int) -> AgentProfile:
    """Return an agent of the queue ``desk``; ``capacity`` names channels."""
    profile = agent_profile(name, 1, "desk")
    if not capacity:
        return profile
    return replace(profile, capacity={Channel(one): count for one, count in capacity.items()})


def loudest_of(stream: str) -> str:
    """Return a script that finds the loudest tone of a stream and its level in dB.

    Args:
        stream: the expression that names it in the page.
    """
    return _LOUDEST.replace("STREAM", stream)


_LOUDEST = """async () => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(STREAM).connect(analyser);
  const powers = new Float32Array(analyser.frequencyBinCount);
  await new Promise((done) => setTimeout(done, 400));  // it smooths over what it saw before
  analyser.getFloatFrequencyData(powers);
  const bin = powers.indexOf(Math.max(...powers));
  const found = { hz: bin * context.sampleRate / analyser.fftSize, level: powers[bin] };
  await context.close();
  return found;
}"""


async def give_password(house: House, profile: AgentProfile) -> None:
    """Let an agent sign in."""
    digest = sip_digest(profile.address, sip_password(profile.name))
    row = AgentRow(profile, Role.AGENT, digest)
    await house.centre.agent_store.save_agent(row, password=PASSWORD)


async def sign_in(window: Window, login: str = "ann") -> None:
    """Sign in, with the phone in the browser registered."""
    page = window.page
    # A steady tone is noise to a browser: it would take it out.
    await page.add_init_script("localStorage.setItem('acd.phone.cleaned', 'false')")
    await page.goto("/")
    await page.get_by_label("Login").fill(login)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_text("Phone ready").wait_for()
    window.faults.clear()  # that nobody was signed in at first is told as an error


def best_share(pcm: bytes, frequency: float) -> float:
    """Return the purest half second: on a busy machine a phone may miss a beat."""
    half = 8000
    pieces = (pcm[at : at + half] for at in range(0, len(pcm) - half + 1, half // 2))
    return max(tone_share(piece, frequency) for piece in pieces)
