"""`acd check`: everything that is wrong with dialplans."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Collection, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acd.adapters.asterisk.dryload import dry_load
from acd.adapters.asterisk.install import at_hand, default_cache
from acd.app.check import check as check_directory
from acd.app.site import ASTERISK, STORIES, read_files
from acd.app.story import read_stories
from acd.cli.logs import set_up_logs
from acd.cli.options import ConfigOption, JsonOption, settings_for
from acd.cli.output import error_console, print_json, say
from acd.cli.root import app
from acd.config import Settings
from acd.flow.problems import Problem, Report

if TYPE_CHECKING:
    from acd.testing.livestories import Told


@app.command()
def check(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Directory of dialplans (default: site.directory).",
            show_default=False,
        ),
    ] = None,
    stories: Annotated[
        bool, typer.Option("--stories", help="Also play the example calls in DIR/stories.")
    ] = False,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Then ring those marked `live` through a real Asterisk, and listen.",
        ),
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check dialplans: every problem as `file:line: code: message`; exit status 1 if any.

    The running engine keeps to what it has; nothing is changed. Where an Asterisk is on this
    machine, the files in DIR/asterisk are read by one that is thrown away after.

    Stories are told in virtual time. With `--live`, and if nothing is wrong so far, those with
    `live = true` are told again by real calls: an engine and an Asterisk of their own, which are
    thrown away after, on free ports of this machine; a telephone that dials and presses keys. A
    prompt counts as heard when its sound is found in the telephone's recording. The recording of a
    story that fails is kept.

    Examples:

    - `acd check`
    - `acd check dialplans --stories`
    - `acd check dialplans --stories --live`
    """  # fmt: skip
    settings = settings_for(None, config)
    where = directory or settings.site.directory
    services = _services(settings, config)
    found = check_directory(where, stories=stories or live, services=services)
    problems = found or loaded_dry(where, settings)
    told: list[Told] = []
    if live and not problems:
        problems, told = _told_live(where, settings, is_quiet=as_json)
    if as_json:
        document: dict[str, object] = {
            "problems": [
                {
                    "file": p.file,
                    "line": p.line,
                    "code": p.code,
                    "message": p.message,
                    "hint": p.hint,
                    "node": p.node,
                }
                for p in problems
            ]
        }
        if live:
            document["live"] = [_document(one) for one in told]
        print_json(document)
    else:
        for problem in problems:
            say(str(problem))
        if not problems:
            say(f"{where}: no problem found")
    if problems:
        raise typer.Exit(1)


def _services(settings: Settings, config: Path | None) -> Collection[str] | None:
    """Return the names of the web services; None without a file that would tell."""
    return settings.services if (config or Path("acd.toml")).is_file() else None


def loaded_dry(where: Path, settings: Settings) -> list[Problem]:
    """Return what an Asterisk on this machine, if there is one, complains of in the dialplan.

    Raises:
        AcdError: it does not start.
    """
    files, _ = read_files(where, ASTERISK, suffix=".conf")
    mode = settings.asterisk.mode
    program = at_hand("auto" if mode == "remote" else mode, default_cache())
    if not files or program is None:
        return []
    texts = {Path(name).name: content.decode() for name, content in files.items()}
    return asyncio.run(dry_load(program, texts))


def _told_live(
    where: Path, settings: Settings, *, is_quiet: bool
) -> tuple[list[Problem], list[Told]]:
    """Tell the live stories by real calls.

    Raises:
        AcdError: there is no Asterisk here, or it does not start.
    """
    # Imported here: telephones are a large library, and most checks ring nobody.
    from acd.testing.livestories import tell_live

    files, _ = read_files(where, STORIES)
    report = Report()
    stories = [one for one in read_stories(files, report) if one.story.live]
    out = error_console()
    if not stories:
        if not is_quiet:
            out.print("no story is marked `live = true`")
        return [], []
    if not is_quiet:
        out.print("starting an engine and an Asterisk of their own …")
    done = 0

    def show(told: Told) -> None:
        nonlocal done
        done += 1
        result = "FAILED" if told.complaint else "ok"
        title = told.written.story.title
        if not is_quiet:
            out.print(f"{done}/{len(stories)} {title} … {result}, {told.seconds:.1f} s")

    set_up_logs(settings.log.model_copy(update={"level": "error"}))
    told = asyncio.run(_until_stopped(tell_live(stories, where, settings, on_told=show)))
    return report.sorted(), told


async def _until_stopped(telling: Coroutine[None, None, list[Told]]) -> list[Told]:
    """Tell stories; Ctrl-C and a plain kill take the house down, Asterisk included."""
    task = asyncio.create_task(telling)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise typer.Exit(130) from None


def _document(told: Told) -> dict[str, object]:
    return {
        "title": told.written.story.title,
        "file": told.written.at.file,
        "line": told.written.at.line,
        "ok": not told.complaint,
        "seconds": round(told.seconds, 1),
        "complaint": told.complaint,
        "recording": None if told.recording is None else str(told.recording),
    }
