"""Write ``acd/adapters/ari/generated.py`` from the ARI descriptions that Asterisk ships.

Asterisk installs its REST interface as Swagger 1.1 documents (``rest-api/*.json`` beside its
sounds). They are the only complete statement of what that version can do, so the typed client is
made from them: data types for every model, a tagged union of every event, one method for every
operation.

    python tools/generate_ari.py [--rest-api DIR]           write the module
    python tools/generate_ari.py [--rest-api DIR] --check    exit 1 if it is stale
"""

from __future__ import annotations

import argparse
import hashlib
import json
import keyword
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

TARGET = Path(__file__).resolve().parent.parent / "acd" / "adapters" / "ari" / "generated.py"
INSTALLED = Path("/usr/share/asterisk/rest-api")
WIDTH = 100

SCALARS = {
    "string": "str",
    "int": "int",
    "long": "int",
    "double": "float",
    "boolean": "bool",
    # Kept as text: Asterisk writes offsets as +0000, and few readers ever need the time.
    "Date": "str",
    "object": "dict[str, Any]",
}
# These would hide a builtin that annotations or bodies of the generated classes use.
RENAMED_METHODS = {"list": "list_all"}
HIDING_PARAMETERS = {"type", "id", "format", "filter"}

HEADER = '''\
"""Typed ARI operations, models and events.

Made by ``tools/generate_ari.py`` from the descriptions that Asterisk ships; do not edit.
Fields unknown to this version are ignored when decoding.
Descriptions: sha256 {digest}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar
from urllib.parse import quote

import msgspec

from acd.adapters.ari.errors import AriError

T = TypeVar("T")
Query = Sequence[tuple[str, str]]


class Transport(Protocol):
    """What carries operations to Asterisk."""

    async def request(
        self, method: str, path: str, query: Query = (), body: bytes | None = None
    ) -> bytes:
        """Perform one operation.

        Args:
            method: HTTP method.
            path: path below ``/ari/``, percent-encoded.
            query: parameters, not encoded.
            body: JSON text.

        Returns:
            The body of the reply, empty if it has none.

        Raises:
            AriError: Asterisk answered with a status of 400 or more.
            AriUnavailable: no answer came.
        """
        ...

    async def download(self, path: str) -> bytes:
        """Fetch a binary body, which only plain HTTP can carry."""
        ...


def _segment(text: str) -> str:
    return quote(text, safe="")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _read(decoder: msgspec.json.Decoder[T], reply: bytes) -> T:
    try:
        return decoder.decode(reply)
    except msgspec.MsgspecError as error:
        # Seen for a channel whose Call-ID is no UTF-8: 200 with the body "null".
        raise AriError(200, "ari-unreadable", f"ARI reply not understood: {{error}}") from error


class Model(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of everything that ARI describes."""
'''


def snake(name: str) -> str:
    """Turn ``absorbDTMF`` into ``absorb_dtmf``."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


def attribute(name: str) -> str:
    """A Python name for a field."""
    name = snake(name)
    return f"{name}_" if keyword.iskeyword(name) else name


def argument(name: str) -> str:
    """A Python name for a parameter."""
    name = attribute(name)
    return f"{name}_" if name in HIDING_PARAMETERS else name


def python_type(described: str) -> str:
    """The annotation for a Swagger type such as ``List[Channel]``."""
    inner = re.fullmatch(r"List\[(.+)\]", described)
    if inner:
        return f"list[{python_type(inner[1])}]"
    return SCALARS.get(described, described)


def clean(text: str | None) -> str:
    """One line of prose that is safe inside a docstring."""
    text = " ".join(re.sub(r"<br\s*/?>", " ", text or "").split())
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    return text if not text or text[-1] in ".!?:" else f"{text}."


def wrapped(text: str, indent: int, hang: int = 0) -> list[str]:
    """Fold prose to the line length."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )


def folded(before: str, items: list[str], after: str) -> list[str]:
    """A bracketed list on one line, or with one item a line if that is too long."""
    line = f"{before}{', '.join(items)}{after}"
    if len(line) <= WIDTH:
        return [line]
    return [before, *[f"            {item}," for item in items], f"        {after}"]


def docstring(paragraphs: list[list[str]], indent: int) -> list[str]:
    """Lay out a docstring of already folded paragraphs."""
    pad = " " * indent
    summary, *rest = paragraphs
    first = wrapped(f'"""{" ".join(line.strip() for line in summary)}', indent)
    if not rest and len(first) == 1 and len(first[0]) + 3 <= WIDTH:
        return [f'{first[0]}"""']
    lines = first
    for paragraph in rest:
        lines += ["", *paragraph]
    return [*lines, f'{pad}"""']


def load(folder: Path) -> dict[str, Json]:
    """Read all resource descriptions, by name, in a fixed order."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        description = json.loads(path.read_text(encoding="utf-8"))
        if "models" in description:  # resources.json is only the table of contents
            found[path.stem] = description
    return found


def render_model(name: str, model: Json, base: str, inherited: set[str], options: str) -> list[str]:
    """One data type."""
    lines = ["", "", f"class {name}({base}, frozen=True, kw_only=True{options}):"]
    lines += docstring([wrapped(clean(model.get("description")) or f"{name}.", 4)], 4)
    for field, spec in model["properties"].items():
        if field in inherited:
            continue
        python, annotation = attribute(field), python_type(spec["type"])
        required = spec.get("required", False)
        annotation = annotation if required else f"{annotation} | None"
        if python != field:
            default = "" if required else "default=None, "
            assigned = f' = msgspec.field({default}name="{field}")'
        else:
            assigned = "" if required else " = None"
        lines += ["", f"    {python}: {annotation}{assigned}"]
        if spec.get("description"):
            lines += docstring([wrapped(clean(spec["description"]), 4)], 4)
    return lines


def render_models(resources: dict[str, Json]) -> Iterator[str]:
    """All data types, bases first, then the union of events."""
    models: dict[str, Json] = {}
    for description in resources.values():
        models |= description["models"]
    message, event = models["Message"], models["Event"]
    events: list[str] = event["subTypes"]
    tagged = ', tag_field="type", tag=True'
    yield from render_model("Message", message, "Model", {"type"}, tagged)
    yield from render_model("Event", event, "Message", set(), "")
    yield from render_model("MissingParams", models["MissingParams"], "Message", set(), "")
    for name, model in models.items():
        if name in events:
            yield from render_model(name, model, "Event", set(event["properties"]), "")
        elif name not in ("Message", "Event", "MissingParams"):
            yield from render_model(name, model, "Model", set(), "")
    yield from ["", ""]
    # A reply is described as an event because it arrives among them; it is none to a reader.
    spoken = sorted(set(events) - {"RESTResponse"})
    yield from union("AnyEvent", spoken)
    yield "AnyMessage = AnyEvent | MissingParams | RESTResponse"


def union(name: str, members: list[str]) -> list[str]:
    """A type alias, one member a line."""
    return [f"{name} = (", f"    {members[0]}", *[f"    | {m}" for m in members[1:]], ")"]


class Parameter:
    """One parameter of an operation, in its Swagger and its Python form."""

    def __init__(self, spec: Json) -> None:
        self.name: str = spec["name"]
        self.kind: str = spec["paramType"]
        # Some path parameters forget to say that they are.
        self.required: bool = spec.get("required", False) or self.kind == "path"
        self.python = argument(self.name)
        self.type: str = spec["dataType"]
        self.many: bool = spec.get("allowMultiple", False)
        self.choices: list[str] = spec.get("allowableValues", {}).get("values", [])
        self.description = clean(spec.get("description"))
        self.default = spec.get("defaultValue")

    def signature(self) -> list[str]:
        """How the parameter stands in a ``def``."""
        before, after = ("Sequence[", "]") if self.many else ("", "")
        after += "," if self.required else " | None = None,"
        if self.choices:
            quoted = [json.dumps(choice) for choice in self.choices]
            return folded(f"        {self.python}: {before}Literal[", quoted, f"]{after}")
        if self.kind == "body":
            plain = "Sequence[Mapping[str, str]]" if self.name == "fields" else "Mapping[str, Any]"
        else:
            plain = SCALARS[self.type]
        return [f"        {self.python}: {before}{plain}{after}"]

    @property
    def text(self) -> str:
        """An expression for its text in a query."""
        if self.many:
            return f'",".join({self.python})'
        if self.type == "boolean":
            return f"_flag({self.python})"
        return self.python if self.type == "string" else f"str({self.python})"

    @property
    def body(self) -> tuple[str, str]:
        """Condition and expression of a body.

        An empty one is left out: some operations refuse ``{"variables": null}`` with 400. A filter
        is sent even if empty, because that is how it is cleared.
        """
        if self.type == "object":
            return f"{self.python} is not None", f"msgspec.json.encode({self.python})"
        return self.python, f'msgspec.json.encode({{"{self.name}": {self.python}}})'


def render_operation(path: str, operation: Json) -> Iterator[str]:
    """One method."""
    parameters = [Parameter(p) for p in operation.get("parameters", [])]
    segments = [p for p in parameters if p.kind == "path"]
    rest = [p for p in parameters if p.kind != "path"]
    rest.sort(key=lambda p: not p.required)  # stable: the described order within each half
    name = snake(operation["nickname"])
    result = operation["responseClass"]
    annotation = {"void": "None", "binary": "bytes"}.get(result) or python_type(result)

    yield f"    async def {RENAMED_METHODS.get(name, name)}("
    yield "        self,"
    for parameter in segments:
        yield f"        {parameter.python}: str,"
    if rest:
        yield "        *,"
    for parameter in rest:
        yield from parameter.signature()
    yield f"    ) -> {annotation}:"
    yield from docstring(operation_prose(operation, segments + rest), 8)

    url = re.sub(r"\{(\w+)\}", lambda m: f"{{_segment({argument(m[1])})}}", path.lstrip("/"))
    literal = f'f"{url}"' if segments else f'"{url}"'
    if result == "binary":
        yield f"        return await self._transport.download({literal})"
        return
    queries = [p for p in rest if p.kind == "query"]
    bodies = [p for p in rest if p.kind == "body"]
    arguments = [f'"{operation["httpMethod"]}"', literal]
    if queries:
        fixed = [f'("{p.name}", {p.text})' for p in queries if p.required]
        yield from folded("        query: list[tuple[str, str]] = [", fixed, "]")
        for p in queries:
            if not p.required:
                yield f"        if {p.python} is not None:"
                yield f'            query.append(("{p.name}", {p.text}))'
        arguments.append("query")
    for p in bodies:
        condition, encoded = p.body
        yield f"        payload = {encoded} if {condition} else None"
        arguments.append("body=payload")
    before, after = "", ""
    if result != "void":
        before, after = f"return _read({decoder_name(result)}, ", ")"
    yield f"        {before}await self._transport.request("
    for part in arguments:
        yield f"            {part},"
    yield f"        ){after}"


def operation_prose(operation: Json, parameters: list[Parameter]) -> list[list[str]]:
    """Paragraphs of a method's docstring."""
    since = ", ".join(operation.get("since", []))
    prose = [wrapped(clean(operation["summary"]), 8)]
    notes = " ".join(filter(None, [clean(operation.get("notes")), since and f"Since {since}."]))
    if notes:
        prose.append(wrapped(notes, 8))
    if parameters:
        lines = ["        Args:"]
        for p in parameters:
            default = f" Asterisk's default: {p.default}." if p.default not in (None, "") else ""
            lines += wrapped(f"{p.python}: {p.description or 'Not described.'}{default}", 12, 4)
        prose.append(lines)
    if operation.get("errorResponses"):
        lines = ["        Raises:"]
        reasons = "; ".join(
            f"{e['code']} {clean(e['reason']).rstrip('.')}" for e in operation["errorResponses"]
        )
        lines += wrapped(f"AriError: {reasons}.", 12, 4)
        prose.append(lines)
    return prose


def decoder_name(result: str) -> str:
    """The module constant that decodes a result type."""
    plural = re.fullmatch(r"List\[(.+)\]", result)
    return f"_{snake(plural[1]).upper()}_LIST" if plural else f"_{snake(result).upper()}"


def render_operations(resources: dict[str, Json]) -> Iterator[str]:
    """Decoders, one class for each resource, and the class that gathers them."""
    results = set()
    classes: list[tuple[str, str]] = []
    body: list[str] = []
    for resource, description in resources.items():
        methods: list[list[str]] = []
        for api in description["apis"]:
            for operation in api["operations"]:
                if operation.get("upgrade"):
                    continue  # the websocket itself is the client's business
                methods.append(list(render_operation(api["path"], operation)))
                if operation["responseClass"] not in ("void", "binary"):
                    results.add(operation["responseClass"])
        class_name = f"{resource[0].upper()}{resource[1:]}Operations"
        classes.append((snake(resource), class_name))
        body += ["", "", f"class {class_name}:"]
        body += [f'    """Operations below ``/{resource}``."""', ""]
        body += ['    __slots__ = ("_transport",)', ""]
        body += ["    def __init__(self, transport: Transport) -> None:"]
        body += ["        self._transport = transport"]
        for method in methods:
            body += ["", *method]
    yield ""
    for result in sorted(results):
        kind = python_type(result)
        yield f"{decoder_name(result)} = msgspec.json.Decoder({kind})"
    yield from body
    yield from ["", "", "class Operations:"]
    yield from ['    """All of ARI over one transport."""', ""]
    yield from ["    def __init__(self, transport: Transport) -> None:"]
    for member, class_name in classes:
        yield f"        self.{member} = {class_name}(transport)"


def digest(resources: dict[str, Json]) -> str:
    """Tell one version's descriptions from another's."""
    return hashlib.sha256(json.dumps(resources, sort_keys=True).encode()).hexdigest()


def generate(folder: Path) -> str:
    """Return the module's text for the descriptions in ``folder``."""
    resources = load(folder)
    header = HEADER.format(digest=digest(resources))
    lines = [*render_models(resources), *render_operations(resources)]
    return header + "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Write or check the module; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rest-api", type=Path, default=INSTALLED, metavar="DIR")
    parser.add_argument("--check", action="store_true", help="only say whether it is stale")
    options = parser.parse_args(argv)
    if not (options.rest_api / "resources.json").is_file():
        print(f"no ARI descriptions in {options.rest_api}: name the folder with --rest-api")
        return 2
    text = generate(options.rest_api)
    if not options.check:
        TARGET.write_text(text, encoding="utf-8")
        print(f"wrote {TARGET.name}, {text.count(chr(10))} lines")
        return 0
    if TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.name} is stale: run python tools/generate_ari.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
