"""Read the machine's own apt sources, to find the Debian mirror that it already trusts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ARCHIVE_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_SUITES = frozenset(
    {"sid", "unstable", "testing", "stable", "oldstable", "bullseye", "bookworm", "trixie"}
    | {"forky", "duke"}
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A Debian mirror and the key that signs it.

    Attributes:
        uri: base address of the archive.
        signed_by: key ring file or inline key as the source states it; empty when it states none.
    """

    uri: str
    signed_by: str = ""

    def deb822(self, suite: str) -> str:
        """Return an apt source of this mirror for ``suite``, in deb822 form."""
        signed_by = self.signed_by
        if not signed_by and ARCHIVE_KEYRING.exists():
            signed_by = str(ARCHIVE_KEYRING)
        lines = ["Types: deb", f"URIs: {self.uri}", f"Suites: {suite}", "Components: main"]
        if signed_by:
            lines.append(f"Signed-By: {signed_by}")
        return "\n".join(lines) + "\n"


def machine_mirrors(etc_apt: Path = Path("/etc/apt")) -> list[Mirror]:
    """Return the Debian mirrors of this machine, in the order apt reads them.

    A source counts when it offers the component ``main`` of a suite with a Debian name; so update
    and security suites, and other vendors' archives, are left out.
    """
    files = [etc_apt / "sources.list"]
    parts = etc_apt / "sources.list.d"
    if parts.is_dir():
        files += sorted(parts.iterdir())
    found: dict[str, Mirror] = {}
    for file in files:
        try:
            text = file.read_text(errors="replace")
        except OSError:
            continue
        read = _deb822 if file.suffix == ".sources" else _one_line
        if file.suffix not in {".sources", ".list"}:
            continue
        for mirror in read(text):
            found.setdefault(mirror.uri, mirror)
    return list(found.values())


def _one_line(text: str) -> Iterator[Mirror]:
    """Parse ``deb [options] uri suite component…`` lines (sources.list(5))."""
    for line in text.splitlines():
        matched = re.match(r"\s*deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<rest>[^#]+)", line)
        if not matched:
            continue
        words = matched["rest"].split()
        if len(words) < 3 or not _is_debian({words[1]}, set(words[2:])):
            continue
        options = dict(
            option.split("=", 1)
            for option in shlex.split(matched["options"] or "")
            if "=" in option
        )
        if words[0].startswith(("http:", "https:", "file:", "mirror", "tor+")):
            yield Mirror(words[0], options.get("signed-by", ""))


def _deb822(text: str) -> Iterator[Mirror]:
    """Parse stanzas of a ``.sources`` file (sources.list(5), deb822 style)."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n[ \t]*\n", "\n".join(lines)):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1] in {" ", "\t"} and name:
                fields[name] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields.get("enabled", "yes").lower() in {"no", "false", "0"}:
            continue
        if "deb" not in fields.get("types", "").split():
            continue
        if not _is_debian(
            set(fields.get("suites", "").split()), set(fields.get("components", "").split())
        ):
            continue
        for uri in fields.get("uris", "").split():
            yield Mirror(uri, fields.get("signed-by", ""))


def _is_debian(suites: set[str], components: set[str]) -> bool:
    return "main" in components and not _SUITES.isdisjoint(suites)
