"""The reference of what admins write, made from the schemas that check it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING
from typing import Any

from acd.app.story import Story, StoryStep
from acd.flow.commands import CommandKeys
from acd.flow.files import NumberKeys, QueueKeys
from acd.flow.hours import CalendarKeys, HolidayKeys
from acd.flow.kinds import Kind, Number, OneOf
from acd.flow.problems import Code
from acd.flow.promotions import PromotionKeys
from acd.flow.read import FlowKeys
from acd.flow.registry import node_types
from acd.flow.schema import keys_of

_SECTION = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str) -> str:
    """Return ``page`` with what stands between ``<!-- name -->`` and ``<!-- end -->`` made anew.

    Raises:
        KeyError: the page has a section of a name that does not exist.
    """
    made = sections()
    return _SECTION.sub(lambda match: f"{match[1]}\n{made[match[2]]}\n{match[3]}", page)


def sections() -> dict[str, str]:
    """Return the generated sections of the page by name."""
    return {
        "numbers": _described(NumberKeys),
        "queues": _described(QueueKeys),
        "hours": _described(CalendarKeys),
        "holidays": _described(HolidayKeys).replace("`besides`", "`except`"),
        "commands": _described(CommandKeys),
        "promotions": _described(PromotionKeys),
        "flows": _described(FlowKeys),
        "nodes": "\n".join(
            f"### `{name}`\n\n{_described(node_type.schema)}"
            for name, node_type in node_types().items()
        ),
        "stories": _described(Story),
        "steps": _described(StoryStep),
        "problems": "\n".join(
            ["| code | meaning |", "| --- | --- |"]
            + [f"| `{code.code}` | {code.meaning} |" for code in Code]
        )
        + "\n",
    }


def _described(schema: type[Any]) -> str:
    return f"{inspect.cleandoc(schema.__doc__ or '')}\n\n" + "\n".join(_table(schema)) + "\n"


def _table(schema: type[Any]) -> Iterator[str]:
    yield "| key | value | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for name, spec, default in keys_of(schema):
        yield f"| `{name}` | {_value(spec.kind)} | {_shown(default)} | {spec.doc} |"


def _value(kind: Kind) -> str:
    if isinstance(kind, Number):
        return f"{kind.label}, {kind.least:.10g} to {kind.most:.10g}"
    if isinstance(kind, OneOf):
        return f"{kind.label}: {', '.join(f'`{word}`' for word in kind.words)}"
    return kind.label


def _shown(default: object) -> str:
    if default is MISSING:
        return "required"
    if default is None or default in ("", ()):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, float):
        return f"`{default:g}`"
    if isinstance(default, tuple):
        return ", ".join(f'`"{item}"`' for item in default)
    return f'`"{default}"`' if isinstance(default, str) else f"`{default}`"
