"""`acd mail`: write to the demo as a customer would, and read what it answers."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
import sys
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate
from pathlib import Path
from typing import Annotated, Any

import typer

from acd.adapters.home import DEMO_FILE, Home
from acd.adapters.smtp import SmtpSender
from acd.cli.engine import Engine
from acd.cli.options import HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, error_console, print_json, say
from acd.cli.root import app
from acd.core.errors import AcdError

POLL_SECONDS = 0.5


@app.command()
def mail(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="What to write; `-` reads it from the input.")
    ],
    to: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Which of our addresses (default: the demo's)."),
    ] = "",
    subject: Annotated[str, typer.Option(metavar="TEXT", help="Its subject.")] = "A question",
    sender: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ADDRESS",
            help="Who writes; answers come back to …@example.org (default: a new customer).",
            show_default=False,
        ),
    ] = "",
    name: Annotated[str, typer.Option(metavar="NAME", help="Their name.")] = "",
    attach: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A file to send along; may be repeated."),
    ] = None,
    answers_to: Annotated[
        str,
        typer.Option(
            "--reply-to-id", metavar="ID", help="Message-ID of the mail that this one answers."
        ),
    ] = "",
    wait: Annotated[
        float,
        typer.Option(
            min=0,
            max=3600,
            metavar="SECONDS",
            help="Wait so long for an answer and print it; without one the exit status is 1.",
        ),
    ] = 0.0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a mail to the demo's mailbox as a customer would.

    It goes over SMTP to the engine that runs with `--demo`, and waits in the queue for an agent at
    the desk. What the agent answers is what `--wait` prints.

    Examples:

    - `acd mail "Where is my order?"`
    - `acd mail --from jo@example.org --subject Invoice --attach scan.pdf "See the file." --wait 60`
    """
    path = settings_for(home).home
    engine = Engine.of(path)
    server = (Home(path).read(DEMO_FILE) or {}).get("mail") or {}
    if not server:
        raise AcdError(
            "this engine has no mail server for the demo",
            hint="start it with `acd up --demo` and without mailboxes of your own",
            code="no-demo-mail",
        )
    customer = sender or f"customer{secrets.randbelow(10_000):04}@example.org"
    message = _compose(
        sys.stdin.read() if text == "-" else text,
        customer,
        name,
        to or server["address"],
        subject,
        attach or [],
        answers_to,
    )
    answer = asyncio.run(_send_and_wait(engine, server, customer, message, wait))
    _show(message, customer, answer, as_json=as_json)
    if wait and answer is None:
        raise typer.Exit(1)


def _compose(
    text: str,
    sender: str,
    name: str,
    to: str,
    subject: str,
    files: list[Path],
    answers_to: str,
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = formataddr((name, sender))
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{secrets.token_hex(8)}@example.org>"
        if answers_to:
            message["In-Reply-To"] = answers_to
        message.set_content(text)
        for file in files:
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            main, sub = kind.split("/")
            content = file.read_bytes()
            message.add_attachment(content, maintype=main, subtype=sub, filename=file.name)
    except OSError as error:
        raise BadInput(f"cannot read {error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise BadInput(f"that cannot be written into a mail: {error}") from None
    return message


async def _send_and_wait(
    engine: Engine, server: dict[str, Any], customer: str, message: EmailMessage, seconds: float
) -> dict[str, Any] | None:
    """Return the first answer that was not made by a machine, or None if there was none in time."""
    out = SmtpSender(server["smtp_host"], server["smtp_port"])
    await out.send(customer, str(message["To"]), message.as_bytes())
    if seconds:
        error_console().print("sent; waiting for an answer …")
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        for mail in await _answers(engine, customer):
            if str(message["Message-ID"]) in mail["references"] and not mail["is_automatic"]:
                return mail
        await asyncio.sleep(POLL_SECONDS)
    return None


async def _answers(engine: Engine, customer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await engine.get("demo/mails", to=customer))["mails"]
    return found


def _show(
    message: EmailMessage, customer: str, answer: dict[str, Any] | None, *, as_json: bool
) -> None:
    if as_json:
        print_json({"from": customer, "message_id": str(message["Message-ID"]), "answer": answer})
        return
    say(f"sent from {customer} to {message['To']}")
    if answer is not None:
        say(f"\n{answer['subject']}\n\n{answer['text']}\n")
        say(f"to answer: acd mail --from {customer} --reply-to-id '{answer['message_id']}' TEXT")
