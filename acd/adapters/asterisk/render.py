"""Render ``asterisk-config/*.conf.j2`` into the home. Pure but for `write`."""

from __future__ import annotations

import hashlib
import os
import re
import resource
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from acd.adapters.asterisk.modules import MODULES, OPTIONAL
from acd.adapters.asterisk.program import AsteriskProgram
from acd.adapters.asterisk.settings import AsteriskSettings, SettingError

TEMPLATES = Path(__file__).resolve().parents[3] / "asterisk-config"

RELOADABLE = frozenset({"pjsip.conf", "extensions.conf", "musiconhold.conf"})
"""Files that a running Asterisk can read again without harm to its calls."""

_DIRECTORIES = ("etc", "lib/keys", "cache", "spool/recording", "spool/tmp", "log", "run")

# A value with one of these could end a line, start a comment or a section, or be evaluated by the
# dialplan. None has a place in a name, number, path or secret of ours, so they are refused.
_UNSAFE = re.compile(r"""[\x00-\x1f\x7f;,$\[\]{}"|&<>]""")


@dataclass(frozen=True, slots=True)
class RenderedConfig:
    """The configuration files of one Asterisk as text.

    Attributes:
        directory: the Asterisk's directory; files go to ``etc`` below it.
        files: text by file name.
    """

    directory: Path
    files: dict[str, str]

    @property
    def fixed_digest(self) -> str:
        """Digest of the files that only a new start of Asterisk puts in force."""
        return self._digest(set(self.files) - RELOADABLE)

    @property
    def reloadable_digest(self) -> str:
        """Digest of the files that a reload puts in force."""
        return self._digest(RELOADABLE)

    def write(self) -> None:
        """Write all files, each at once, readable by the owner alone.

        Raises:
            SettingError: the directory cannot be written.
        """
        try:
            for name in _DIRECTORIES:
                (self.directory / name).mkdir(parents=True, exist_ok=True)
            self.directory.chmod(0o700)
            for name, text in self.files.items():
                write_atomically(self.directory / "etc" / name, text)
        except OSError as error:
            raise SettingError(
                f"cannot write {error.filename}: {error.strerror}",
                hint="choose a home on a writable disk with free space",
                code="home-not-writable",
            ) from error

    def _digest(self, names: set[str] | frozenset[str]) -> str:
        digest = hashlib.sha256()
        for name in sorted(names):
            digest.update(f"{name}\0{self.files[name]}\0".encode())
        return digest.hexdigest()


def render(
    settings: AsteriskSettings, program: AsteriskProgram, *, templates: Path = TEMPLATES
) -> RenderedConfig:
    """Render every template for ``settings`` and ``program``.

    Raises:
        SettingError: a value cannot be written into a configuration file, or the program lacks a
            module that is needed.
    """
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        finalize=_checked,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    values = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    values["program"] = program
    values["recordings_dir"] = settings.recordings_dir
    values["modules"] = _modules(settings, program)
    values["maxfiles"] = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65536)
    files = {
        name.removesuffix(".j2"): environment.get_template(name).render(values)
        for name in sorted(environment.list_templates())
        if name.endswith(".conf.j2")
    }
    return RenderedConfig(settings.directory, files)


def _modules(settings: AsteriskSettings, program: AsteriskProgram) -> list[str]:
    wanted = dict.fromkeys((*MODULES, *settings.extra_modules))
    absent = [name for name in wanted if not program.has_module(name)]
    if needed := [name for name in absent if name not in OPTIONAL]:
        raise SettingError(
            f"Asterisk {program.version} in {program.modules_dir} lacks {', '.join(needed)}",
            hint="install its modules, or use the bundled Asterisk",
            code="asterisk-module-missing",
        )
    return [name for name in wanted if name not in absent]


def _checked(value: object) -> object:
    text = str(value)
    if _UNSAFE.search(text):
        raise SettingError(
            f"{text!r} cannot stand in Asterisk's configuration",
            hint='use a value without control characters and without any of ;,$[]{}"|&<>',
        )
    return value


def write_atomically(target: Path, text: str) -> None:
    """Write a file at once, readable by the owner alone."""
    temporary = target.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(target)
