"""`acd publish`, `versions`, `diff`, `promote`, `rollback`: which version of the site runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from acd.app.site_files import FileText, as_text, differences, read_directory
from acd.cli.engine import Engine
from acd.cli.options import ConfigOption, HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, print_json, print_table, say
from acd.cli.root import app
from acd.core.canary import Figure, Guard

PUBLISH_SECONDS = 300.0
"""How long a publish may take: hundreds of prompts may have to be spoken."""

SHORT = 8
"""Letters of a version in a table: enough to name it."""

_GUARD = Guard()

VersionArgument = Annotated[
    str,
    typer.Argument(
        metavar="[VERSION]", help="A version, or its first letters.", show_default=False
    ),
]


@app.command()
def publish(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Directory of dialplans (default: the one the engine was started with).",
            show_default=False,
        ),
    ] = None,
    note: Annotated[
        str, typer.Option(metavar="TEXT", help="What to say of it to colleagues.")
    ] = "",
    canary: Annotated[
        int,
        typer.Option(
            min=0,
            max=99,
            metavar="PERCENT",
            help="Only try it, on so many of 100 new contacts.",
            show_default=False,
        ),
    ] = 0,
    canary_numbers: Annotated[
        str,
        typer.Option(
            metavar="N,N…",
            help="Only try it, on contacts from or to these numbers and addresses.",
            show_default=False,
        ),
    ] = "",
    guard: Annotated[
        Figure, typer.Option(help="What ends the trial by itself when it is worse.")
    ] = _GUARD.figure,
    worse_by: Annotated[
        float,
        typer.Option(min=0, max=100, metavar="POINTS", help="By how many percentage points."),
    ] = _GUARD.worse_by,
    least: Annotated[
        int, typer.Option(min=1, metavar="N", help="Contacts of each version before it is judged.")
    ] = _GUARD.least,
    home: HomeOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make dialplans the running version; contacts in flight stay on theirs.

    They are checked first: if anything is wrong, nothing has changed.

    Examples:

    - `acd publish --note "new opening hours"`
    - `acd publish --canary 20`, then `acd versions`, `acd promote` or `acd rollback`
    - `acd publish --canary-numbers +15550100,100`: only for your own telephone
    """
    body: dict[str, object] = {"note": note}
    if directory is not None:
        if not directory.is_dir():
            raise BadInput(f"there is no directory {directory}")
        body["directory"] = str(directory.absolute())
    numbers = [number.strip() for number in canary_numbers.split(",") if number.strip()]
    if canary or numbers:
        body["canary"] = {
            "percent": canary,
            "numbers": numbers,
            "guard": {"figure": guard, "worse_by": worse_by, "least": least},
        }
    _tell(_post(home, config, "versions", body), "runs already", as_json=as_json)


@app.command()
def promote(
    home: HomeOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Make the version that is tried the running one."""
    _tell(_post(home, config, "versions/promote"), "runs already", as_json=as_json)


@app.command()
def rollback(
    version: VersionArgument = "",
    home: HomeOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go back: end the trial if there is one, else to what ran before, or to VERSION.

    Contacts in flight stay on their version.
    """
    body: dict[str, object] = {"version": version}
    done = _post(home, config, "versions/rollback", body)
    _tell(done, "runs alone again", as_json=as_json)


@app.command()
def versions(
    home: HomeOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """List the versions that were published, and how their contacts ended.

    `lost` are contacts that neither were resolved nor came to a human, `to people` those that came
    into a queue; both in percent of those that have ended.
    """
    found = asyncio.run(_engine(home, config).get("versions"))
    if as_json:
        print_json(found)
        return
    print_table(
        ("version", "published", "by", "now", "open", "ended", "lost", "to people", "note"),
        [
            (
                one["version"][:SHORT], _when(one["at"]), one["author"], _state(one),
                one["contacts"] or "", one["figures"]["ended"] or "",
                _share(one["figures"]["lost"]), _share(one["figures"]["not_contained"]),
                one["note"],
            )
            for one in found["versions"]
        ],
    )  # fmt: skip
    if found["canary"] is not None:
        _tell_canary(found["canary"])


@app.command()
def diff(
    old: VersionArgument = "",
    new: Annotated[
        str,
        typer.Argument(
            metavar="[VERSION|DIR]",
            help="Another version, or a directory (default: the one the engine was started with).",
            show_default=False,
        ),
    ] = "",
    home: HomeOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is different between two versions, as a unified diff by file.

    Examples:

    - `acd diff`: what `acd publish` would change
    - `acd diff 3fa2 91bc`
    - `acd diff 3fa2 ./other-dialplans`
    """
    files = read_directory(Path(new)) if new and Path(new).is_dir() else None
    found = asyncio.run(_difference(_engine(home, config), old, new, files))
    if as_json:
        print_json(found)
        return
    for file in found["files"]:
        if file["diff"]:
            say(file["diff"].rstrip("\n"))
        else:
            say(f"{file['change']}: {file['path']}")
    if not found["files"]:
        say("no difference")


# --- asking the engine --------------------------------------------------------------------------


def _engine(home: Path | None, config: Path | None) -> Engine:
    return Engine.of(settings_for(home, config).home)


def _post(
    home: Path | None, config: Path | None, path: str, body: dict[str, object] | None = None
) -> dict[str, Any]:
    engine = _engine(home, config)
    done: dict[str, Any] = asyncio.run(engine.post(path, body, seconds=PUBLISH_SECONDS))
    return done


async def _difference(
    engine: Engine, old: str, new: str, files: Mapping[str, bytes] | None
) -> dict[str, Any]:
    old = old or (await engine.get("versions"))["running"]
    if files is None:
        query = {"against": new} if new else {}
        found: dict[str, Any] = await engine.get(f"versions/{old}/diff", **query)
        return found
    kept = await engine.get(f"versions/{old}/files")
    before = {
        one["path"]: FileText(one["sha256"], one["size"], one["text"]) for one in kept["files"]
    }
    after = {path: as_text(content) for path, content in files.items()}
    return {
        "old": kept["version"],
        "new": new,
        "files": [
            {"path": one.path, "change": one.change, "diff": one.text}
            for one in differences(before, after)
        ],
    }


# --- telling people -----------------------------------------------------------------------------


def _tell(done: dict[str, Any], unchanged: str, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    running, before, canary = done["running"], done["before"], done["canary"]
    if running != before:
        say(f"{running} runs" + (f", before {before}" if before else ""))
    elif canary is None:
        say(f"{running} {unchanged}")
    else:
        say(f"{canary} is tried beside {running}: `acd versions` shows how it does")


def _tell_canary(canary: dict[str, Any]) -> None:
    guard = canary["guard"]
    share = [f"{canary['percent']} % of the contacts"] if canary["percent"] else []
    share += [f"{len(canary['numbers'])} numbers"] if canary["numbers"] else []
    say(
        f"\n{canary['version']} is tried on {' and '.join(share)} since {_when(canary['since'])}; "
        f"it ends by itself when {guard['figure']} is worse by {guard['worse_by']:g} points "
        f"(after {guard['least']} contacts). Since then:"
    )
    figures, others = canary["figures"], canary["running_figures"]
    print_table(
        ("", canary["version"], "running"),
        [
            (
                name,
                *(one[name] if name == "ended" else _share(one[name]) for one in (figures, others)),
            )
            for name in figures
        ],
    )


def _state(one: dict[str, Any]) -> str:
    if one["state"] == "kept":
        ended = one["canary_end"]
        return "" if ended is None else f"canary {ended['reason']}".replace("_", " ")
    return str(one["state"]).replace("_", " ")


def _share(percent: float | None) -> str:
    return "" if percent is None else f"{percent:g} %"


def _when(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
