"""Texts that nodes hold themselves: one for all languages, or one for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acd.flow.kinds import ListOf, Plain, Ref, TableOf, Template, Text, To
from acd.flow.problems import At
from acd.flow.words import of_language

WORDS = TableOf(
    "table of language to list of words",
    value=ListOf("list of words", item=Text(longest=100), least=1, most=200),
    key_fits=str.isprintable,
    key_to=To.LANGUAGE,
)
"""What customers may say or write, by language."""


@dataclass(frozen=True, slots=True)
class Wording(Plain):
    """A text for all languages, or a table of language to text; kept as a table.

    Attributes:
        spoken: whether ``{attribute:kind}`` may stand in it.
    """

    label: str = "text with `{attribute}`, or table of language to such texts"
    spoken: bool = False

    def read(self, raw: object, at: At) -> Any:
        """Read into a dict of language to text; the key ``""`` is every language."""
        if isinstance(raw, dict):
            return self._table().read(raw, at)
        text = Template(spoken=self.spoken).read(raw, at)
        return {"": text} if isinstance(text, str) else text

    def refs(self, value: Any) -> Iterator[Ref]:
        """The attributes of the texts, and the languages."""
        if "" in value:
            yield from Template().refs(value[""])
        else:
            yield from self._table().refs(value)

    def _table(self) -> TableOf:
        text = Template(spoken=self.spoken)
        return TableOf(value=text, key_fits=str.isprintable, key_to=To.LANGUAGE)


def worded(wording: Mapping[str, str], language: str) -> str:
    """Return the text in a language; in the first of the table when that is not there.

    >>> worded({"en": "Yes", "es": "Sí"}, "es-MX"), worded({"en": "Yes"}, "pt")
    ('Sí', 'Yes')
    """
    return of_language(wording, language) or next(iter(wording.values()))
