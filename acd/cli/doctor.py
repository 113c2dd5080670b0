"""`acd doctor`: what is missing or wrong on this machine, and how to mend it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

import typer
from sqlalchemy import func, select, text

from acd.adapters.asterisk.apt import require_tools
from acd.adapters.asterisk.install import default_cache, find_bundle
from acd.adapters.asterisk.program import AsteriskProgram, system_program
from acd.adapters.clock import SystemClock
from acd.adapters.home import DEMO_FILE, ENGINE_FILE, Home
from acd.adapters.sql.schema import log
from acd.app.site import load_site
from acd.cli.options import ConfigOption, HomeOption, JsonOption, settings_for
from acd.cli.output import print_json, print_table, say
from acd.cli.record import opened
from acd.cli.root import app
from acd.config import Settings
from acd.core.errors import AcdError
from acd.core.site import Site
from acd.core.timers import MICROSECONDS
from acd.flow.read import read_flow
from acd.ports.store import StoreError

MEGABYTE = 1_000_000
LEAST_FREE = 200 * MEGABYTE
LITTLE_FREE = 1000 * MEGABYTE
OLDEST_NOW = 1_750_000_000
"""Seconds since the epoch; a clock before this was never set."""

CLOCK_SLACK_SECONDS = 2


class Verdict(StrEnum):
    """What a check found; only ``wrong`` keeps calls from being taken."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check.

    Attributes:
        what: what was looked at.
        detail: what was found.
        remedy: how to mend it; empty if there is nothing to mend.
    """

    what: str
    verdict: Verdict
    detail: str
    remedy: str = ""


@app.command()
def doctor(
    home: HomeOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Look for what is missing or wrong on this machine; say how to mend it.

    Exit status 1 if anything would keep calls from being taken.

    Examples:

    - `acd doctor`
    - `acd doctor --home /srv/acd --json`
    """
    settings = settings_for(home, config)
    findings = list(_examine(settings))
    is_well = all(finding.verdict is not Verdict.WRONG for finding in findings)
    if as_json:
        print_json({"ok": is_well, "checks": [asdict(finding) for finding in findings]})
    else:
        print_table(("", "", ""), [(one.verdict.value, one.what, one.detail) for one in findings])
        for finding in findings:
            if finding.remedy:
                say(f"{finding.what}: {finding.remedy}")
        if is_well:
            say("Nothing keeps calls from being taken.")
    if not is_well:
        raise typer.Exit(1)


def _examine(settings: Settings) -> Iterator[Finding]:
    yield Finding("Python", Verdict.OK, ".".join(str(part) for part in sys.version_info[:3]))
    yield from _asterisk(settings)
    yield _dialplans(settings)
    yield _home(settings)
    yield _secrets(settings)
    yield _disk(settings)
    yield from _ports(settings)
    if settings.mailboxes:
        yield asyncio.run(_mail(settings))
    yield from asyncio.run(_record_and_clock(settings))


def _asterisk(settings: Settings) -> Iterator[Finding]:
    mode = settings.asterisk.mode
    program: AsteriskProgram | None = None
    if mode == "remote":
        url = settings.asterisk.ari_url
        yield (
            Finding("Asterisk", Verdict.OK, f"remote, {url}")
            if url
            else Finding(
                "Asterisk", Verdict.WRONG, "remote, but no address", "set asterisk.ari_url"
            )
        )
    else:
        program = (system_program() if mode in ("auto", "system") else None) or (
            find_bundle(default_cache()) if mode in ("auto", "bundled") else None
        )
        yield _program(program, mode)
    for tool, found in (
        ("espeak-ng", bool(program and program.espeak_argv) or shutil.which("espeak-ng")),
        ("sox", bool(program and program.sox_argv) or shutil.which("sox")),
    ):
        if found:
            yield Finding(tool, Verdict.OK, "speaks the prompts")
        elif program is None and mode in ("auto", "bundled"):
            yield Finding(tool, Verdict.NOTE, "comes with the bundled Asterisk")
        else:
            remedy = f"apt-get install {tool}, or record every prompt as a file"
            yield Finding(tool, Verdict.WRONG, "prompts cannot be spoken", remedy)


def _program(program: AsteriskProgram | None, mode: str) -> Finding:
    if program is not None:
        return Finding("Asterisk", Verdict.OK, f"{program.version}, {program.source}")
    if mode == "system":
        remedy = "install Asterisk 20 or newer, or set asterisk.mode = 'bundled'"
        return Finding("Asterisk", Verdict.WRONG, "this machine has none", remedy)
    try:
        require_tools()
    except AcdError as error:
        return Finding("Asterisk", Verdict.WRONG, error.message, error.hint)
    return Finding("Asterisk", Verdict.NOTE, "not there yet: `acd up` will install it")


def _dialplans(settings: Settings) -> Finding:
    where = settings.site.directory
    site, problems = load_site(where)
    if site is None:
        found = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        return Finding("dialplans", Verdict.WRONG, f"{found} in {where}", f"acd check {where}")
    rings = next(_ringing(site), None)
    if rings is not None and not settings.sip.outbound.trunk:
        return Finding(
            "dialplans",
            Verdict.NOTE,
            f"{where}: {rings} rings people, and nobody may be rung",
            "set [sip.outbound], or take such nodes out",
        )
    return Finding("dialplans", Verdict.OK, str(where))


def _ringing(site: Site) -> Iterator[str]:
    """Iterate over the nodes that ring somebody outside, as ``flow/node``."""
    for flow, table in site.flows.items():
        for name, node in read_flow(table).nodes.items():
            if node.type.name == "callback" or getattr(node.keys, "number", None):
                yield f"{flow}/{name}"


def _home(settings: Settings) -> Finding:
    path = settings.home
    if not path.exists():
        return Finding("home", Verdict.NOTE, f"{path} is not there yet: `acd up` makes it")
    probe = path / ".doctor"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        remedy = "choose a home on a writable disk (--home)"
        return Finding("home", Verdict.WRONG, f"{path}: {error.strerror}", remedy)
    owner = Home(path).owner()
    running = f", used by process {owner}" if owner else ""
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding("home", Verdict.NOTE, f"{path} can be read by others", f"chmod 700 {path}")
    return Finding("home", Verdict.OK, f"{path}{running}")


def _secrets(settings: Settings) -> Finding:
    files = [settings.home / name for name in ("secrets.json", DEMO_FILE, ENGINE_FILE)]
    open_ones = [
        file
        for file in files
        if file.exists() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_ones:
        names = " ".join(str(file) for file in open_ones)
        return Finding("secrets", Verdict.WRONG, "others can read them", f"chmod 600 {names}")
    return Finding("secrets", Verdict.OK, "for their owner's eyes only")


def _disk(settings: Settings) -> Finding:
    place = settings.home
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    detail = f"{free // MEGABYTE} MB free"
    if free < LEAST_FREE:
        return Finding("disk", Verdict.WRONG, detail, f"free some space on the disk of {place}")
    if free < LITTLE_FREE:
        return Finding("disk", Verdict.NOTE, detail, "recordings take 1 MB a minute")
    return Finding("disk", Verdict.OK, detail)


def _ports(settings: Settings) -> Iterator[Finding]:
    if Home(settings.home).owner():
        yield Finding("ports", Verdict.OK, "held by the engine that runs in this home")
        return
    wanted = [
        ("http.port", settings.http.host, settings.http.port, socket.SOCK_STREAM),
        ("sip.port", settings.sip.host, settings.sip.port, socket.SOCK_DGRAM),
        ("sip.port", settings.sip.host, settings.sip.port, socket.SOCK_STREAM),
        ("asterisk.ari_port", settings.sip.host, settings.asterisk.ari_port, socket.SOCK_STREAM),
        ("asterisk.ami_port", settings.sip.host, settings.asterisk.ami_port, socket.SOCK_STREAM),
    ]
    for setting, host, port, kind in wanted:
        problem = _cannot_bind(host, port, kind) if port else ""
        if problem:
            yield Finding(
                f"port {port}", Verdict.WRONG, problem,
                f"stop the program that holds it, or change {setting} (`--port 0` picks free ones)",
            )  # fmt: skip
            return
    yield Finding("ports", Verdict.OK, "free")


def _cannot_bind(host: str, port: int, kind: socket.SocketKind) -> str:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


async def _mail(settings: Settings) -> Finding:
    # Imported here: a centre without mailboxes should not pay for them.
    from acd.bootstrap.mail import examine

    try:
        wrong = await examine(settings)
    except AcdError as error:
        return Finding("mail", Verdict.WRONG, error.message, error.hint)
    if wrong:
        told = "; ".join(f"{address}: {why}" for address, why in wrong.items())
        return Finding("mail", Verdict.NOTE, told, "mend the mailboxes in the settings")
    return Finding("mail", Verdict.OK, f"{len(settings.mailboxes)} addresses")


async def _record_and_clock(settings: Settings) -> list[Finding]:
    now = SystemClock().now()
    if now < OLDEST_NOW * MICROSECONDS:
        clock = Finding("clock", Verdict.WRONG, "it was never set", "set the machine's clock")
    else:
        clock = Finding("clock", Verdict.OK, "set")
    try:
        async with opened(settings) as database, database.single("read the record") as connection:
            if database.is_sqlite:
                sound = await connection.scalar(text("PRAGMA quick_check(1)"))
                if sound != "ok":
                    remedy = "restore a backup of the database"
                    return [clock, Finding("record", Verdict.WRONG, str(sound), remedy)]
            last, count = (
                await connection.execute(select(func.max(log.c.at), func.max(log.c.seq)))
            ).one()
    except StoreError as error:
        if error.code == "no-record":
            return [clock, Finding("record", Verdict.NOTE, "not there yet: `acd up` makes it")]
        return [clock, Finding("record", Verdict.WRONG, error.message, error.hint)]
    if last is not None and last > now + CLOCK_SLACK_SECONDS * MICROSECONDS:
        clock = Finding(
            "clock",
            Verdict.WRONG,
            "it is behind the record's last entry",
            "set the machine's clock",
        )
    return [clock, Finding("record", Verdict.OK, f"{count or 0} entries")]
