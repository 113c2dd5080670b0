"""Read a whole site from the contents of its files: a checked site, or every problem at once."""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import tomli

from acd.core.calendar import Calendar
from acd.core.ids import QueueName
from acd.core.queue import Queue
from acd.core.site import Command, Number, Promotion, Site
from acd.flow.check import COMMANDS, NUMBERS, Named, Names, attributes_of, check
from acd.flow.commands import read_commands
from acd.flow.dialplan import ENTER, read_dialplan
from acd.flow.dialplan import FOLDER as ASTERISK
from acd.flow.files import (
    read_numbers,
    read_queues,
)
from acd.flow.hours import HolidayBook, NoHolidays, read_calendars
from acd.flow.kinds import To, good_name
from acd.flow.problems import Code, Problem, Report
from acd.flow.promotions import read_promotions
from acd.flow.prompts import check_values, read_prompts
from acd.flow.proof import prove
from acd.flow.read import read_flow
from acd.flow.replies import check_replies
from acd.flow.secrets import check_secrets
from acd.flow.slips import hint_for, twice
from acd.flow.variables import check_variables
from acd.flow.where import locate

QUEUES, HOURS, PROMOTIONS = "queues.toml", "hours.toml", "promotions.toml"
REPLIES = "replies.toml"
NOT_FLOWS = frozenset({NUMBERS, QUEUES, HOURS, COMMANDS, PROMOTIONS, REPLIES})
LARGEST_FILE = 1_000_000  # bytes

_POSITION = re.compile(r" \(at line ([0-9]+), column [0-9]+\)$")
_TWICE = ("Cannot overwrite a value", "Cannot declare", "Duplicate inline table key")


@dataclass(frozen=True, slots=True)
class Sound:
    """A recorded sound file.

    Attributes:
        digest: hash of its content.
        defect: what is wrong with it, to follow its name in a sentence; empty for nothing.
    """

    digest: str
    defect: str = ""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the garbage collector rest: a site is many objects and no garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_uncollected()
def load(
    files: Mapping[str, bytes],
    sounds: Mapping[str, Sound],
    zones: Collection[str],
    holidays: HolidayBook | None = None,
    services: Collection[str] | None = None,
) -> tuple[Site | None, list[Problem]]:
    """Return the site that ``files`` describe, and what is wrong with it.

    Args:
        files: path relative to the site's directory to content: ``numbers.toml``, ``queues.toml``,
            ``hours.toml``, ``prompts/<language>.toml``, ``asterisk/*.conf``; every other ``*.toml``
            is a flow. ``replies.toml`` is only looked at: agents have the texts.
        sounds: path relative to ``sounds/`` to what is known about the file.
        zones: names of the time zones that exist.
        holidays: the public holidays that are known; by default none are.
        services: names of the web services in the settings; None where nobody knows them.

    Returns:
        The site and no problem, or None and all problems in the order of files and lines.
    """
    report = Report()
    own = {name: content for name, content in files.items() if name.startswith(ASTERISK)}
    for name in sorted(files):
        check_secrets(report, name, files[name])
    tables = {name: parse(name, files[name], report) for name in sorted(files) if name not in own}
    names = Names()
    numbers, named = _numbers(tables, report)
    queues: dict[QueueName, Queue] = {}
    calendars: dict[str, Calendar] = {}
    if (raw := tables.get(QUEUES, {})) is not None:
        queues, calendars_named = read_queues(raw, report.at(QUEUES))
        named += calendars_named
        # A queue with a wrong key is still a queue to whoever names it.
        names.known[To.QUEUE] = frozenset(raw)
    if (raw := tables.get(HOURS, {})) is not None:
        calendars = read_calendars(raw, report.at(HOURS), zones, holidays or NoHolidays())
        names.known[To.CALENDAR] = frozenset(raw)
    commands: tuple[Command, ...] = ()
    promotions: dict[str, Promotion] = {}
    if (raw := tables.get(COMMANDS, {})) is not None:
        commands, commands_named = read_commands(raw, report.at(COMMANDS))
        named += commands_named
    if (raw := tables.get(PROMOTIONS, {})) is not None:
        promotions = read_promotions(raw, report.at(PROMOTIONS), zones)
        names.known[To.PROMOTION] = frozenset(raw)
    if (raw := tables.get(REPLIES, {})) is not None:
        check_replies(raw, report.at(REPLIES))
        names.known[To.REPLY] = frozenset(raw)
    prompts = read_prompts(tables, report, {path: s.defect for path, s in sounds.items()})
    names.prompts = prompts.keys()
    names.known[To.LANGUAGE] = frozenset(prompts.spoken)
    raw_flows, flows = {}, {}
    flow_names = set()
    for file, raw in tables.items():
        if file in NOT_FLOWS or "/" in file:
            continue
        name = file.removesuffix(".toml")
        flow_names.add(name)
        good_name(name, "flow", report.at(file))
        if raw is not None:
            raw_flows[name] = raw
            flows[name] = read_flow(raw, report.at(file))
    names.known[To.FLOW] = frozenset(flow_names)
    asterisk, dialplan = read_dialplan(own, report, flow_names)
    if services is not None:
        names.known[To.SERVICE] = frozenset(services)
    names.known[To.CONTEXT] = frozenset(dialplan.contexts)
    site = Site(
        _version(files, sounds, calendars),
        numbers,
        queues,
        calendars,
        raw_flows,
        prompts.spoken,
        prompts.written,
        prompts.unbroken,
        asterisk,
        commands,
        promotions,
    )
    jumps = {extension for _, _, context, extension in dialplan.jumps if context == ENTER}
    names.begun = frozenset(flow_names if any("$" in name for name in jumps) else jumps)
    checked = check(report, flows, named, names)
    check_values(prompts, attributes_of(flows), report)
    if checked.is_whole:  # else what a mistyped exit means is not known
        is_whole = not report.problems
        check_variables(checked)
        prove(site, checked, is_whole=is_whole)
    return (None, report.sorted()) if report.problems else (site, [])


def parse(name: str, content: bytes, report: Report) -> dict[str, object] | None:
    """Return a parsed TOML file and remember its lines; None after reporting why not."""
    if len(content) > LARGEST_FILE:
        report.add(Code.FILE_TOO_LARGE, "more than 1 MB", file=name, line=1)
        return None
    try:
        text = content.decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        report.add(Code.BAD_ENCODING, "not UTF-8 text", file=name, line=line)
        return None
    try:
        raw = tomli.loads(text)
        report.wheres[name] = locate(text)
    except RecursionError:
        report.add(Code.BAD_TOML, "nested too deeply", file=name, line=1)
        return None
    except ValueError as error:
        _report_bad_toml(name, text, str(error), report)
        return None
    return raw


def _report_bad_toml(name: str, text: str, message: str, report: Report) -> None:
    position = _POSITION.search(message)
    if position is not None:
        line = int(position[1])
    else:
        # "at end of document", or a number too long to convert, which comes without a place.
        line = max(1, len(text.splitlines())) if "at end of document" in message else 1
    bare = _POSITION.sub("", message)
    if bare.startswith(_TWICE):
        code = Code.DUPLICATE_NUMBER if name == NUMBERS else Code.DUPLICATE_KEY
        report.add(code, twice(text, line), file=name, line=line)
    else:
        report.add(Code.BAD_TOML, bare, hint_for(bare, text, line), file=name, line=line)


Tables = Mapping[str, dict[str, object] | None]


def _numbers(tables: Tables, report: Report) -> tuple[dict[str, Number], list[Named]]:
    if NUMBERS not in tables:
        report.add(
            Code.MISSING_FILE,
            "no numbers.toml: it says what each number reaches",
            file=NUMBERS,
            line=1,
        )
    raw = tables.get(NUMBERS)
    return read_numbers(raw, report.at(NUMBERS)) if raw is not None else ({}, [])


def _version(
    files: Mapping[str, bytes], sounds: Mapping[str, Sound], calendars: Mapping[str, Calendar]
) -> str:
    """Return a hash of everything that makes the site, the same on every machine."""
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    for path in sorted(sounds):
        digest.update(f"sounds/{path}\0{sounds[path].digest}\0".encode())
    for name in sorted(calendars):  # holidays do not stand in the files, and a year adds some
        for day, title in calendars[name].holidays.items():
            digest.update(f"{name}\0{day}\0{title}\0".encode())
    return digest.hexdigest()
