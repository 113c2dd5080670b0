"""What surrounds the texts of our mails: the site's ``mail/*.j2``, in a sandbox.

``reply.<language>.j2`` frames what an agent wrote, ``acknowledge.<language>.j2`` what the flow
says by itself. What customers write comes in as values and is never looked at as a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from acd.core.errors import AcdError

REPLY = "reply"
ACKNOWLEDGE = "acknowledge"

_PLAIN = (
    "{{ text }}\n{% if quote %}\n\n{{ quoted_at }} {{ quoted_name }}:\n{{ quote }}\n{% endif %}"
)
BUILT_IN = {f"{REPLY}.en.j2": _PLAIN, f"{ACKNOWLEDGE}.en.j2": "{{ text }}\n"}
"""For a site that has none of its own."""

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_SAMPLE = {
    "text": "Text",
    "title": "Support",
    "address": "support@example.org",
    "name": "Jo",
    "subject": "Subject",
    "quote": "> Text",
    "quoted_name": "Jo",
    "quoted_at": "2026-01-01 12:00 UTC",
}
"""All that a template may name."""


class BrokenTemplate(AcdError):
    """A template of the site cannot be used."""

    code = "mail-template-broken"


class MailTemplates:
    """Renders the texts of mails."""

    def __init__(self, directory: Path) -> None:
        """Use the templates in ``directory``, which need not exist."""
        self._directory = directory
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([FileSystemLoader(directory), DictLoader(BUILT_IN)]),
            undefined=StrictUndefined,
            autoescape=False,  # plain text
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, kind: str, language: str, values: Mapping[str, str]) -> str:
        """Return the text of a mail in the customer's language, or else in English.

        Raises:
            BrokenTemplate: it cannot be rendered.
        """
        found = _LANGUAGE.match(language)
        names = [f"{kind}.{found[0]}.j2"] if found else []
        try:
            template = self._environment.select_template([*names, f"{kind}.en.j2"])
            return template.render(values).strip() + "\n"
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise BrokenTemplate(
                f"mail template {kind}.{language}.j2: {error}", hint="mend it; `acd doctor` tells"
            ) from None

    def check(self) -> None:
        """Try every template.

        Raises:
            BrokenTemplate: one cannot be rendered, or nobody would ever use it.
        """
        for path in sorted(self._directory.glob("*.j2")):
            kind, _, language = path.name.removesuffix(".j2").partition(".")
            if kind not in (REPLY, ACKNOWLEDGE) or not _LANGUAGE.fullmatch(language):
                raise BrokenTemplate(
                    f"mail template {path.name} has no use",
                    hint=f"name it {REPLY}.en.j2 or {ACKNOWLEDGE}.en.j2, or by another language",
                )
            self.render(kind, language, _SAMPLE)
