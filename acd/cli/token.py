"""`acd token`: bearer tokens of programs that use the API."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from acd.adapters.clock import SystemClock
from acd.adapters.sql.tokens import SqlTokens
from acd.app.documents import moment
from acd.cli.options import ConfigOption, HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, print_json, print_table, say
from acd.cli.record import changed, opened
from acd.cli.root import app
from acd.config import Settings
from acd.core.errors import AcdError
from acd.ports.store import Role, TokenRow

tokens = typer.Typer(no_args_is_help=True, help="Tokens of programs that use the API.")
app.add_typer(tokens, name="token")

LONGEST_NAME = 60


@tokens.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for; unique.")],
    role: Annotated[
        Role,
        typer.Option(
            help="What it allows; each role includes those below it: admin, supervisor, "
            "agent, read."
        ),
    ] = Role.READ,
    home: HomeOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and print it: it is shown once and stored nowhere.

    Examples:

    - `acd token create wallboard`
    - `acd token create provisioning --role admin --json`
    """  # fmt: skip
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadInput(f"a name has 1 to {LONGEST_NAME} printable characters")
    text = asyncio.run(_create(settings_for(home, config), name, role))
    if as_json:
        print_json({"name": name, "role": role, "token": text})
    else:
        say(text)


@tokens.command("list")
def list_tokens(
    home: HomeOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """List the tokens, revoked ones included; never their texts."""
    rows = asyncio.run(_list(settings_for(home, config)))
    if as_json:
        print_json({"tokens": [_document(row) for row in rows]})
        return
    print_table(
        ("name", "role", "created", "revoked"),
        [tuple(_document(row).values()) for row in rows],
    )


@tokens.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Revoke a token: it is refused from the next request on."""
    if not asyncio.run(_revoke(settings_for(home, config), name)):
        raise AcdError(
            f"there is no valid token {name}", hint="`acd token list`", code="token-unknown"
        )
    say(f"{name} is revoked")


def _document(row: TokenRow) -> dict[str, object]:
    revoked = None if row.revoked_at is None else moment(row.revoked_at).isoformat()
    return {
        "name": row.name,
        "role": row.role,
        "created_at": moment(row.created_at).isoformat(),
        "revoked_at": revoked,
    }


async def _create(settings: Settings, name: str, role: Role) -> str:
    async with changed(settings, make=True) as (database, note):
        text = await SqlTokens(database).create_token(name, role, now=SystemClock().now())
        await note("tokens.create", f"token:{name}", role=role)
        return text


async def _list(settings: Settings) -> list[TokenRow]:
    async with opened(settings) as database:
        return await SqlTokens(database).tokens()


async def _revoke(settings: Settings, name: str) -> bool:
    async with changed(settings) as (database, note):
        was_valid = await SqlTokens(database).revoke_token(name, now=SystemClock().now())
        if was_valid:
            await note("tokens.revoke", f"token:{name}")
        return was_valid
