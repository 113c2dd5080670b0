"""`acd prompts`: what callers hear, and whether it is all there."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from acd.adapters.player import play as play_file
from acd.adapters.speech.sounds import PromptSounds, seconds_of
from acd.app.prompts import Entry, State, Survey, survey
from acd.bootstrap.speech import program_here, prompt_sounds
from acd.cli.options import ConfigOption, HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, error_console, print_json, print_table, say
from acd.cli.root import app
from acd.config import Settings
from acd.core.errors import AcdError
from acd.core.flows import Prompt
from acd.flow.problems import did_you_mean

prompts = typer.Typer(
    no_args_is_help=True,
    help="Prompts: what is missing in which language, making the sounds, hearing one.",
)
app.add_typer(prompts, name="prompts")

LanguageOption = Annotated[
    str | None,
    typer.Option("--language", "-l", metavar="CODE", help="Such as es.", show_default=False),
]


@prompts.command("list")
def list_prompts(
    missing: Annotated[
        bool,
        typer.Option("--missing", help="Only what is missing; exit status 1 if anything is."),
    ] = False,
    home: HomeOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every prompt in every language that the site speaks.

    A language is spoken that has a file in `prompts/` or that a number or a flow names. In the
    table stands the length of the sound; `text` is not made into sound yet (`acd prompts build`,
    or the start of the engine, does that); `file` is a recorded sound; `MISSING` is heard in
    another language. What no flow plays is in parentheses.

    Examples:

    - `acd prompts list`
    - `acd prompts list --missing` before you publish
    - `acd prompts list --json`
    """
    settings = settings_for(home, config)
    found = _surveyed(settings)
    sounds = _sounds(settings, found)
    entries = [entry for entry in found.entries if entry.is_lacking or not missing]
    if as_json:
        print_json({"prompts": [_document(entry, sounds, found) for entry in entries]})
    elif entries:
        _print_matrix(entries, sounds, found)
    else:
        say(f"nothing is missing in {', '.join(found.languages)}")
    lacking = sum(entry.is_lacking for entry in found.entries)
    if lacking and not as_json:
        say(f"{lacking} missing: add them to prompts/LANGUAGE.toml")
    if missing and lacking:
        raise typer.Exit(1)


@prompts.command()
def build(
    home: HomeOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Speak every prompt into a file; what was spoken before is not spoken again.

    The engine does the same when it starts. The files are named after voice and text: a prompt
    that changes is made anew, one that does not change is there at once. `[speech.voices]` in
    acd.toml says who speaks a language: `en = "en-gb"` or, with the extra `piper`, `en =
    "piper:joe"`.

    Examples:

    - `acd prompts build`
    - `acd prompts build --home /srv/acd --config /etc/acd.toml`
    """
    settings = settings_for(home, config)
    found = _surveyed(settings)
    sounds = _sounds(settings, found)
    begun = time.monotonic()
    there = {path for path in _places(found, sounds) if path.exists()}
    files = asyncio.run(_build(found, sounds))
    made = len({*files.values()} - there)
    if as_json:
        print_json({"made": made, "files": {name: str(path) for name, path in files.items()}})
        return
    seconds = time.monotonic() - begun
    say(f"{len(files)} prompts: {made} made in {seconds:.1f} s, the others were there")


@prompts.command()
def play(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Such as main.menu.")],
    language: LanguageOption = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write a WAV file instead.", show_default=False),
    ] = None,
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Hear a prompt as callers do, on this machine's loudspeaker.

    Without one, a WAV file is written into the current directory.

    Examples:

    - `acd prompts play main.menu`
    - `acd prompts play main.menu --language es`
    - `acd prompts play main.menu --to menu.wav`
    """
    settings = settings_for(home, config)
    found = _surveyed(settings)
    entry = _entry(found, key, language)
    file = asyncio.run(
        _sounds(settings, found).file(Prompt("key", key), entry.language, found.site)
    )
    heard = found.site.home_of(key, entry.language) or entry.language
    _tell(entry, found, heard)
    if to is None:
        if play_file(file, _seconds(file)):
            return
        to = Path(f"{key}.{heard}{file.suffix}")
        _write(file, to)
        say(f"no loudspeaker here: written to {to}")
    else:
        _write(file, to)
        say(f"written to {to}")


# --- what the commands share --------------------------------------------------------------------


def _surveyed(settings: Settings) -> Survey:
    """Return the prompts of the site.

    Raises:
        AcdError: there is no such directory.
    """
    directory = settings.site.directory
    if not directory.is_dir():
        raise AcdError(
            f"there are no dialplans in {directory}",
            hint="go to the directory that holds them, or set site.directory in acd.toml",
            code="site-missing",
        )
    found = survey(directory)
    for problem in found.problems:
        error_console().print(f"acd: {problem}")
    return found


def _sounds(settings: Settings, found: Survey) -> PromptSounds:
    return prompt_sounds(settings, program_here(settings), lambda _: found.site)


def _places(found: Survey, sounds: PromptSounds) -> Iterable[Path]:
    for language, texts in found.site.prompts.items():
        for key in texts:
            yield sounds.place(key, language, found.site)


async def _build(found: Survey, sounds: PromptSounds) -> dict[str, Path]:
    columns = (TextColumn("speaking the prompts"), BarColumn(), MofNCompleteColumn())
    console = error_console()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task("")
        return await sounds.prepare(
            found.site, lambda done, of: shown.update(task, completed=done, total=of)
        )


def _entry(found: Survey, key: str, language: str | None) -> Entry:
    """Return the prompt to play.

    Raises:
        BadInput: there is no such prompt, or no such language.
    """
    if language is not None and language not in found.languages:
        raise BadInput(
            f"the site does not speak {language!r}",
            hint=f"it speaks {', '.join(found.languages)}",
        )
    language = language or next(iter(found.site.prompts))
    keys = {entry.key for entry in found.entries if entry.state is not State.MISSING}
    if key not in keys:
        hint = did_you_mean(key, keys).strip(" ()")
        raise BadInput(f"there is no prompt {key!r}", hint=hint or "`acd prompts list` lists them")
    return next(e for e in found.entries if e.key == key and e.language == language)


def _tell(entry: Entry, found: Survey, heard: str) -> None:
    if entry.state is State.MISSING:
        say(f"{entry.language} has no {entry.key}: it is heard in {heard}")
    say(f"{entry.key} ({heard}): {found.site.prompts[heard][entry.key]}")


def _write(file: Path, to: Path) -> None:
    try:
        shutil.copyfile(file, to)
    except OSError as error:
        raise AcdError(
            f"{to} cannot be written: {error.strerror}", hint="name another file with --to"
        ) from None


def _seconds(file: Path) -> float:
    """Return how long a sound lasts; 0 when its file is not there or is none."""
    try:
        return seconds_of(file)
    except (OSError, EOFError, ValueError):
        return 0.0


def _cell(entry: Entry, sounds: PromptSounds, found: Survey) -> str:
    if entry.state is State.MISSING:
        return "MISSING" if entry.is_lacking else ""
    file = sounds.place(entry.key, entry.language, found.site)
    seconds = _seconds(file)
    if entry.state is State.RECORDED:
        return f"file {seconds:.1f} s" if seconds else "no file"
    return f"{seconds:.1f} s" if seconds else "text"


def _print_matrix(entries: list[Entry], sounds: PromptSounds, found: Survey) -> None:
    rows: dict[str, dict[str, str]] = {}
    for entry in entries:
        name = entry.key if entry.used_by else f"({entry.key})"
        rows.setdefault(name, {})[entry.language] = _cell(entry, sounds, found)
    print_table(
        ("prompt", *found.languages),
        [
            (name, *(cells.get(language, "") for language in found.languages))
            for name, cells in rows.items()
        ],
    )


def _document(entry: Entry, sounds: PromptSounds, found: Survey) -> dict[str, object]:
    document: dict[str, object] = {
        "key": entry.key,
        "language": entry.language,
        "state": entry.state.value,
        "barge_in": entry.barge_in,
        "used_by": entry.used_by,
    }
    if entry.state is not State.MISSING:
        file = sounds.place(entry.key, entry.language, found.site)
        document |= {
            "spoken": entry.spoken,
            "written": entry.written,
            "file": str(file),
            "built": file.is_file(),
            "seconds": round(_seconds(file), 2) if file.is_file() else None,
        }
    return document
