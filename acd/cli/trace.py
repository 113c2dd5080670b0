"""`acd trace` and `acd why`: what happened to a contact, and who was chosen for what reason."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
import typer

from acd.adapters.sql.contacts import SqlContacts
from acd.bootstrap import reasons_of, story_of
from acd.cli.options import HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, print_json, say
from acd.cli.record import opened, require_record
from acd.cli.root import app
from acd.config import Settings
from acd.core.errors import AcdError
from acd.core.ids import ContactId
from acd.ports.store import ContactFilter

ContactArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONTACT]",
        help="Id of the contact, or the number it came from: then its newest.",
        show_default=False,
    ),
]
LastOption = Annotated[bool, typer.Option("--last", help="The newest contact of all.")]


@app.command()
def trace(
    contact: ContactArgument = None,
    last: LastOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell a contact's whole story: what happened, when, and what led to it.

    Reads the record: the engine may run or not.

    Examples:

    - `acd trace --last`
    - `acd trace c-17-ab3d4e`
    - `acd trace +15550123 --json`
    """
    require_one(contact, last=last, command="acd trace")
    settings = settings_for(home)
    found = story_of(require_record(settings), asyncio.run(meant(settings, contact)))
    if as_json:
        print_json(found.document())
    else:
        say(found.as_text())


@app.command()
def why(
    contact: ContactArgument = None,
    last: LastOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say for each agent why they were chosen for a contact or not, and why it still waits.

    Examples:

    - `acd why --last`
    - `acd why c-17-ab3d4e --json`
    """
    require_one(contact, last=last, command="acd why")
    settings = settings_for(home)
    found = reasons_of(require_record(settings), asyncio.run(meant(settings, contact)))
    if as_json:
        print_json(found.document())
    else:
        say(found.as_text())


class _Named(msgspec.Struct):
    id: ContactId


def require_one(contact: str | None, *, last: bool, command: str) -> None:
    """Insist on either a contact or the newest; ``command`` is the one that asks.

    Raises:
        BadInput: both or neither is given.
    """
    if (contact is None) is not last:
        raise BadInput("name a contact, or say --last", hint=f"see `{command} --help`")


async def meant(settings: Settings, wanted: str | None) -> ContactId:
    """Return the contact with this id, else the newest from this number, or of all.

    Raises:
        AcdError: there is none.
    """
    async with opened(settings) as database:
        contacts = SqlContacts(database)
        if wanted is not None and await contacts.contact(ContactId(wanted)) is not None:
            return ContactId(wanted)
        found = await contacts.contacts(ContactFilter(ani=wanted, limit=1))
    if not found:
        raise AcdError(
            f"there is no contact {wanted}" if wanted else "there is no contact yet",
            hint="ids are in what `acd call` prints; a number is one that called",
            code="contact-unknown",
        )
    return msgspec.json.decode(found[0], type=_Named).id
