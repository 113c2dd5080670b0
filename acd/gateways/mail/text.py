"""What a customer wrote: plain text without what they quote, and HTML that can be shown."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3
from mailparser_reply import EmailReplyParser

from acd.ports.intake import TEXT_BYTES

LONGEST_HTML = 256 * 1024
"""Characters of HTML that are cleaned; the raw original has the rest."""

DEEPEST_HTML = 2000
"""Tags in tags; nobody closes every paragraph, so people's mails reach hundreds."""

LANGUAGES = ["en", "es", "de", "fr", "it", "nl", "pt"]
"""Whose "On … wrote:" lines are known."""

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "div"),
    *("dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol"),
    *("p", "pre", "q", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "tr", "u", "ul"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    # No source: whoever loads a remote image tells the sender that, when and where it was read.
    "img": {"alt", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_BLOCKS = {
    *("blockquote", "br", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"),
    *("ol", "p", "pre", "table", "tr", "ul"),
}
_ENDLESS = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SPACE = re.compile(r"[ \t\xa0]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def clean_html(html: str) -> str:
    """Return HTML that runs nothing, loads nothing and styles nothing.

    It is still a stranger's: show it in a sandboxed frame. Of what is nested deeper than anybody
    writes the text is left; cleaning it takes seconds.
    """
    html = html[:LONGEST_HTML]
    if _depth(html) > DEEPEST_HTML:
        return nh3.clean_text(text_of_html(html))
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags={"script", "style", "title"},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _depth(html: str) -> int:
    depth = deepest = 0
    for tag in _TAG.finditer(html):
        depth = max(0, depth - 1) if tag[1] else depth + (tag[2].lower() not in _ENDLESS)
        deepest = max(deepest, depth)
    return deepest


def text_of_html(clean: str) -> str:
    """Return the text of cleaned HTML; quotations begin with ``>`` as in plain mails."""
    reader = _TextOf()
    reader.feed(clean)
    reader.close()
    return tidy("".join(reader.pieces))


class _TextOf(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._quotes = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self._quotes += 1
        if tag in _BLOCKS:
            self._new_line()

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote" and self._quotes:
            self._quotes -= 1
        if tag in _BLOCKS and tag != "br":
            self._new_line()
        elif tag in ("td", "th"):
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        self.pieces.append(_SPACE.sub(" ", data.replace("\n", " ")))

    def _new_line(self) -> None:
        self.pieces.append("\n" + "> " * min(self._quotes, 10))


def tidy(text: str) -> str:
    """Return text with plain line ends, without control characters and needless empty lines."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _EMPTY_LINES.sub("\n\n", lines).strip("\n")


def without_quotes(text: str) -> str:
    """Return what was written, without what was quoted; all of it if nothing else was written."""
    reply = EmailReplyParser(languages=LANGUAGES).parse_reply(text) or ""
    lines = reply.strip().split("\n")
    while lines and (not lines[-1].strip() or lines[-1].startswith(">")):
        lines.pop()
    return "\n".join(lines) or text


def cut(text: str, octets: int = TEXT_BYTES) -> str:
    """Return the beginning of ``text`` that takes at most so many octets as UTF-8."""
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= octets else encoded[:octets].decode("utf-8", "ignore")
