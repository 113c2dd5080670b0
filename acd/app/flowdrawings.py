"""A flow written down for others: as Mermaid text, and as an SVG file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from acd.app.flowviews import BoxDocument, FlowDocument, WayDocument

_FONT = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

# Of everything Mermaid gives a meaning, in the way it wants them written.
_MARKUP = re.compile(r"[^\w ·….,:;!?'()/+=@-]")


# --- Mermaid ------------------------------------------------------------------------------------


def mermaid(flow: FlowDocument, *, with_counts: bool = False) -> str:
    """Return a flow as a Mermaid flowchart.

    Args:
        flow: the flow.
        with_counts: write on every node and way how often it was taken.
    """
    ids = {box.id: f"n{number}" for number, box in enumerate(flow.boxes)}
    lines = ["flowchart TD"]
    lines += [f"  {ids[box.id]}{_shape(box, with_counts)}" for box in flow.boxes]
    for way in flow.ways:
        arrow = "-.->" if way.is_failure else "-->"
        label = way_label(way, with_counts=with_counts)
        name = f'|"{_safe(label)}"|' if label else ""
        lines.append(f"  {ids[way.source]} {arrow}{name} {ids[way.target]}")
    return "\n".join(lines) + "\n"


def _shape(box: BoxDocument, with_counts: bool) -> str:
    words = [f"<b>{_safe(box.name)}</b> {_safe(box.type)}"]
    if with_counts:
        words[0] += f" · {box.entered}"
    words += [_safe(line) for line in box.lines]
    text = f'"{"<br>".join(words)}"'
    if box.type == "flow":
        return f"[[{text}]]"
    return f"([{text}])" if box.is_start else f"[{text}]"


def _safe(text: str) -> str:
    """Write what Mermaid or HTML would read as more than text as numbered characters."""
    return _MARKUP.sub(lambda found: f"#{ord(found[0])};", text)


def way_label(way: WayDocument, *, with_counts: bool) -> str:
    """Return what is written on a way."""
    parts = [way.label] if way.label else []
    if with_counts:
        parts.append(str(way.taken))
    return " · ".join(parts)


# --- SVG ----------------------------------------------------------------------------------------


def svg(flow: FlowDocument, *, with_counts: bool = False) -> str:
    """Return a flow as an SVG file, without scripts and styles: it may be shown anywhere."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{flow.width:g}" height="{flow.height:g}" '
        f'viewBox="0 0 {flow.width:g} {flow.height:g}" font-family={quoteattr(_FONT)} '
        'font-size="12" fill="#171b21">'
    )
    parts = [head, f"<title>{escape(flow.title or flow.name)}</title>", _ARROWS]
    parts.append(f'<rect width="{flow.width:g}" height="{flow.height:g}" fill="#ffffff"/>')
    parts += [_line(way) for way in flow.ways]
    parts += [part for way in flow.ways for part in _label(way, with_counts)]
    parts += [part for box in flow.boxes for part in _rectangle(box, with_counts)]
    return "\n".join([*parts, "</svg>", ""])


_WAY, _FAILURE = "#4d5664", "#b3201c"

_ARROWS = "<defs>{}</defs>".format(
    "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" '
        f'markerHeight="8" orient="auto-start-reverse"><path d="M0,0L8,4L0,8z" fill="{colour}"/>'
        "</marker>"
        for name, colour in (("way", _WAY), ("failure", _FAILURE))
    )
)


def _line(way: WayDocument) -> str:
    name, colour = ("failure", _FAILURE) if way.is_failure else ("way", _WAY)
    dashes = ' stroke-dasharray="5 4"' if way.is_failure else ""
    return (
        f'<path d="{way.path}" fill="none" stroke="{colour}" stroke-width="1.4"{dashes} '
        f'marker-end="url(#{name})"/>'
    )


def _label(way: WayDocument, with_counts: bool) -> Iterator[str]:
    label = way_label(way, with_counts=with_counts)
    if label:
        width = len(label) * 6.6 + 10
        x = way.label_x - width / 2
        yield (
            f'<rect x="{x:.1f}" y="{way.label_y - 9:.1f}" width="{width:.1f}" height="18" '
            'fill="#ffffff"/>'
        )
        colour = _FAILURE if way.is_failure else "#171b21"
        yield _text(way.label_x, way.label_y + 4, label, f'text-anchor="middle" fill="{colour}"')


def _rectangle(box: BoxDocument, with_counts: bool) -> Iterator[str]:
    left, top = box.x - box.width / 2, box.y - box.height / 2
    fill, stroke = ("#e9ecf0", "#767f8c") if box.type == "flow" else ("#f7f8fa", "#767f8c")
    if box.is_start:
        fill, stroke = "#e3ecfa", "#1456b8"
    yield (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:g}" height="{box.height:g}" '
        f'rx="7" fill="{fill}" stroke="{stroke}"/>'
    )
    yield _text(left + 10, top + 20, short(box.name, 18), 'font-weight="600"')
    said = f"{box.type} · {box.entered}" if with_counts else box.type
    yield _text(
        left + box.width - 10, top + 20, said, 'text-anchor="end" fill="#4d5664" font-size="11"'
    )
    for number, line in enumerate(box.lines):
        yield _text(left + 10, top + 37 + 15 * number, line, 'fill="#4d5664" font-size="11"')


def _text(x: float, y: float, text: str, how: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {how}>{escape(text)}</text>'


def short(text: str, most: int) -> str:
    """Return a text cut to so many letters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
