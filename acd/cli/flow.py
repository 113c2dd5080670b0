"""`acd flow`: flows drawn, with what becomes of contacts in them, and how one of them walked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from acd import bootstrap
from acd.app.flowdrawings import mermaid, svg
from acd.app.flowviews import FlowDocument, FlowList, flow_document, flow_list
from acd.app.journeys import VersionTally
from acd.cli.engine import Engine, EngineError
from acd.cli.options import HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, print_json, print_table, say
from acd.cli.record import require_record
from acd.cli.root import app
from acd.cli.trace import ContactArgument, LastOption, meant, require_one
from acd.config import Settings
from acd.core.errors import AcdError
from acd.core.site import Site

flow = typer.Typer(
    no_args_is_help=True, help="Flows: list them, draw them, see what callers did in them."
)
app.add_typer(flow, name="flow")

DirectoryArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DIR]",
        help="Directory of dialplans, instead of what the engine runs.",
        show_default=False,
    ),
]
VersionOption = Annotated[
    str | None,
    typer.Option(
        "--version",
        metavar="V",
        help="A version of the site that was served, instead of the running one.",
        show_default=False,
    ),
]
LiveOption = Annotated[
    bool, typer.Option("--live", help="Insist on the counts of the running engine.")
]


@flow.command("list")
def list_flows(
    directory: DirectoryArgument = None,
    version: VersionOption = None,
    live: LiveOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the flows; of a running engine with what becomes of contacts in them.

    Examples:

    - `acd flow list`
    - `acd flow list dialplans`
    """
    settings = settings_for(home)
    engine = _engine(settings, directory, version, live=live)
    if engine is None:
        site = _site(settings, directory)
        found = flow_list(site, VersionTally(), running="", versions=[])
    else:
        found = asyncio.run(_ask(engine, "flows", version, FlowList))
    if as_json:
        print_json(found)
        return
    say(f"site {found.version}" + (" (running)" if found.version == found.running else ""))
    heads = ["flow", "title", "nodes"]
    if engine is not None:
        heads += ["entered", "inside", "contained", "handed", "escaped", "lost", "failed"]
    print_table(
        heads,
        [[getattr(one, {"flow": "name"}.get(head, head)) for head in heads] for one in found.flows],
    )


@flow.command("show")
def show_flow(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the flow.")],
    directory: DirectoryArgument = None,
    version: VersionOption = None,
    as_mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Print Mermaid text; that is the default.")
    ] = False,
    svg_file: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE", help="Write a drawing instead.", show_default=False),
    ] = None,
    live: LiveOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a flow; of a running engine with how often each node and way was taken.

    Ways that are taken when something did not work are dashed.

    Examples:

    - `acd flow show main`
    - `acd flow show main dialplans --svg main.svg`
    """
    if as_mermaid + as_json + (svg_file is not None) > 1:
        raise BadInput("choose one of --mermaid, --svg and --json")
    settings = settings_for(home)
    engine = _engine(settings, directory, version, live=live)
    if engine is None:
        site = _site(settings, directory)
        if name not in site.flows:
            raise AcdError(
                f"there is no flow {name!r}",
                hint=f"there are: {', '.join(sorted(site.flows))}",
                code="flow-unknown",
            )
        found = flow_document(site, name, VersionTally())
    else:
        found = asyncio.run(_ask(engine, f"flows/{name}", version, FlowDocument))
    with_counts = engine is not None
    if as_json:
        print_json(found)
    elif svg_file is not None:
        _write(svg_file, svg(found, with_counts=with_counts))
    else:
        say(mermaid(found, with_counts=with_counts).rstrip("\n"))


@flow.command("replay")
def replay_contact(
    contact: ContactArgument = None,
    last: LastOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Walk what a caller did in the flows: heard, pressed, learned, and where they went and why.

    Reads the record: the engine may run or not. Nothing is called again.

    Examples:

    - `acd flow replay --last`
    - `acd flow replay +15550123 --json`
    """
    require_one(contact, last=last, command="acd flow replay")
    settings = settings_for(home)
    found = bootstrap.walk_in(require_record(settings), asyncio.run(meant(settings, contact)), {})
    if as_json:
        print_json(found.document())
    else:
        say(found.as_text())


def _engine(
    settings: Settings, directory: Path | None, version: str | None, *, live: bool
) -> Engine | None:
    """Return the engine to ask, or None if files are to be read.

    Raises:
        AcdError: none runs, but the question can only be put to one.
    """
    if directory is not None:
        if live or version is not None:
            raise BadInput("a directory has neither counts nor versions")
        return None
    engine = Engine.find(settings.home)
    if engine is None and (live or version is not None):
        raise EngineError(
            f"no engine is ready in {settings.home}",
            hint="only a running engine has counts and versions; start one with `acd up`",
            code="engine-not-running",
        )
    return engine


def _site(settings: Settings, directory: Path | None) -> Site:
    return bootstrap.read_site(directory or settings.site.directory)


async def _ask(engine: Engine, path: str, version: str | None, kind: type[Any]) -> Any:
    query = {} if version is None else {"version": version}
    return msgspec.convert(await engine.get(path, **query), kind)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AcdError(
            f"{file} cannot be written: {error.strerror}", code="file-not-writable"
        ) from None
