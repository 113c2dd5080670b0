"""A real Chromium for tests: its microphone plays a file, its pages tell what went wrong in them.

WebRTC needs an address besides loopback on this machine (any will do, see `asterisk-config`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import math
import os
import socket
import struct
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

CHROMIUM = Path("/usr/bin/chromium")

MICROPHONE_RATE = 48_000

PATIENCE_MS = 30_000
"""How long a page may take over anything."""

SIZES = {"desk": (1280, 800), "wall": (1920, 1080), "phone": (390, 844)}
"""Windows that pages are made for, in CSS pixels."""

Theme = Literal["light", "dark"]


def write_microphone(path: Path, frequency: float, *, seconds: float = 2.0) -> None:
    """Write a tone as Chromium's fake microphone wants it: 48 kHz, 16 bits, mono; it is looped.

    Args:
        path: file to write.
        frequency: in Hz; with a whole number of waves in ``seconds`` the loop has no click.
        seconds: length.
    """
    count = round(MICROPHONE_RATE * seconds)
    step = 2 * math.pi * frequency / MICROPHONE_RATE
    samples = (round(8000 * math.sin(step * n)) for n in range(count))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(MICROPHONE_RATE)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


def has_media_address() -> bool:
    """Return whether this machine has an IPv4 address besides loopback, as WebRTC needs."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # sends nothing: it only chooses an address
        except OSError:
            return False
        return not ipaddress.ip_address(probe.getsockname()[0]).is_loopback


def artefacts() -> Path:
    """Return the directory for what a test run leaves to be looked at."""
    directory = Path(os.environ.get("TEST_ARTEFACTS", ".artefacts")).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@dataclass(slots=True)
class Window:
    """A page, with what went wrong in it.

    Attributes:
        page: the page.
        faults: errors of its scripts, and what its policy refused.
    """

    page: Page
    faults: list[str] = field(default_factory=list)

    async def resize(self, size: str) -> None:
        """Make the window one of :data:`SIZES`."""
        width, height = SIZES[size]
        await self.page.set_viewport_size({"width": width, "height": height})

    async def picture(self, name: str) -> Path:
        """Take a picture of what is seen, into the run's artefacts."""
        path = artefacts() / f"{name}.png"
        await self.page.screenshot(path=path, animations="disabled")
        return path


@dataclass(slots=True)
class Chromium:
    """A running browser; every window is a person of their own."""

    browser: Browser

    @contextlib.asynccontextmanager
    async def window(
        self,
        url: str,
        *,
        size: str = "desk",
        theme: Theme = "light",
        language: str = "en",
    ) -> AsyncIterator[Window]:
        """Open a window with the microphone allowed; nothing is loaded yet.

        Args:
            url: base address; paths given to the page begin there.
            size: one of :data:`SIZES`.
            theme: what the person's system prefers.
            language: of the person's browser.
        """
        width, height = SIZES[size]
        context: BrowserContext = await self.browser.new_context(
            base_url=url,
            color_scheme=theme,
            locale=language,
            permissions=["microphone"],
            viewport={"width": width, "height": height},
        )
        try:
            window = Window(await context.new_page())
            page, faults = window.page, window.faults
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on(
                "console",
                lambda said: faults.append(_told(said)) if said.type == "error" else None,
            )
            yield window
        finally:
            await context.close()


def _told(said: ConsoleMessage) -> str:
    where = said.location.get("url", "")
    return f"{said.text} {where}".strip()


@contextlib.asynccontextmanager
async def chromium(microphone: Path | None = None) -> AsyncIterator[Chromium]:
    """Run a browser.

    Args:
        microphone: what its microphone hears, see :func:`write_microphone`; silence by default.
    """
    options = [
        "--no-sandbox",  # as root there is none to be had
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
    ]
    if microphone is not None:
        options.append(f"--use-file-for-fake-audio-capture={microphone}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), headless=True, args=options
        )
        try:
            yield Chromium(browser)
        finally:
            await browser.close()
