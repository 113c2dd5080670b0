"""Passwords, tokens and private keys have no place in dialplans, which people copy and publish."""

from __future__ import annotations

import re
from collections.abc import Iterator

from acd.flow.problems import Code, Report, quoted

HINT = "put it into the settings (acd.toml, or the environment) and change it where it was used"

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("a password in an address", re.compile(r"(?<=[a-z0-9])://[^\s/@:'\"]*:[^\s/@'\"{}$]+@")),
    ("an access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    (
        "a token",
        re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}|\bglpat-[\w-]{20,}"),
    ),
    ("a token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("a token", re.compile(r"\b[sr]k[-_](?:live|test|proj|ant)[-_][\w-]{16,}|\bAIza[\w-]{35}\b")),
    ("a token", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    ("a token", re.compile(r"\b(?:Bearer|Basic) +[A-Za-z0-9+/._=-]{16,}")),
)

_NAMED = re.compile(
    r"""(?ix) (?<![a-z0-9])
    (?P<name> (?:[a-z0-9]+[_-])* (?:password|passwd|passphrase|passwort|api[_-]?key
        |(?:access|auth|api|bearer|session|refresh)[_-]?token|token|client[_-]?secret
        |secret[_-]?key|private[_-]?key|authorization))
    ["']? \s* (?:=>|=) \s* (?P<value> "[^"]*" | '[^']*' | [^\s,;)\]}]+ )"""
)
"""A name that means a secret, and what is written after it."""

_WORDS = (
    "private key", "://", "akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
    "glpat-", "xox", "k-live", "k_live", "k-test", "k_test", "k-proj", "k_proj", "k-ant", "k_ant",
    "aiza", "eyj", "bearer ", "basic ", "passw", "passphrase", "token", "client_secret",
    "client-secret", "clientsecret", "api_key", "api-key", "apikey", "secret_key", "secret-key",
    "secretkey", "private_key", "private-key", "privatekey", "authorization",
)  # fmt: skip
"""One of these is in every file with a secret that can be told: most are looked at no further."""

_NEEDS_NO_HIDING = re.compile(r"[\[{$(]|\d{0,3}$|true$|false$")
"""What a value begins with that is written elsewhere, or is nothing."""


def check_secrets(report: Report, name: str, content: bytes) -> None:
    """Report every line of a file on which something stands that should be nobody's to read.

    Args:
        report: takes the problems.
        name: the file.
        content: what is in it, whether it can be read as what it should be or not.
    """
    text = content.decode(errors="replace")
    lower = text.lower()
    if not any(word in lower for word in _WORDS):
        return
    is_words = name.startswith("prompts/")  # there "password" is a word that people hear
    for number, line in enumerate(text.splitlines(), start=1):
        what = next(_secrets(line, is_words=is_words), None)
        if what is not None:
            report.add(Code.SECRET_IN_FILE, f"{what} stands here", HINT, file=name, line=number)


def _secrets(line: str, *, is_words: bool) -> Iterator[str]:
    """Iterate over what in a line looks like a secret; its value is never repeated."""
    if len(line) < 8:
        return
    for what, shape in _SHAPES:
        if shape.search(line):
            yield what
    if is_words or line.lstrip().startswith(("#", ";")):
        return
    for found in _NAMED.finditer(line):
        value = found["value"].strip("\"'")
        if value and not _NEEDS_NO_HIDING.match(value):
            yield f"a value of {quoted(found['name'])}"
