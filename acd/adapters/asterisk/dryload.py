"""A dry load: the site's own dialplan in a throw-away Asterisk that has no network and no calls."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from acd.adapters.asterisk.dialplan import INCLUDED, write_dialplan
from acd.adapters.asterisk.process import AsteriskError
from acd.adapters.asterisk.program import AsteriskProgram, minimal_environment
from acd.flow.dialplan import BACK, ENTER, FOLDER
from acd.flow.problems import Code, Problem, one_line

PATIENCE = 20.0
"""Seconds that the throw-away Asterisk may take; it takes less than one."""

_ASTERISK = """[directories]
astetcdir => {home}/etc
astmoddir => {program.modules_dir}
astdatadir => {program.data_dir}
astvarlibdir => {home}/lib
astdbdir => {home}/lib
astkeydir => {home}/lib
astagidir => {home}/lib
astcachedir => {home}/lib
astspooldir => {home}/lib
astlogdir => {home}/lib
astrundir => run
[options]
nofork = yes
nocolor = yes
execincludes = no
live_dangerously = no
"""
_FILES = {
    "modules.conf": "[modules]\nautoload = no\nload = pbx_config.so\n",
    "logger.conf": "[general]\n[logfiles]\nconsole => notice,warning,error\n",
    # Our contexts that a site's may name, so that Asterisk finds them.
    "extensions.conf": f"[general]\nstatic = yes\n[{ENTER}]\nexten => _X,1,Hangup()\n"
    f'[{BACK}]\nexten => s,1,Hangup()\n#include "{INCLUDED}"\n',
}
_LOGGED = re.compile(r"^\[[^\]]*\] (?:WARNING|ERROR)\[[0-9]+\](?:\[[^\]]*\])?: \S+ \w+: (.*)$")
_AT = re.compile(r",? ?(?:in|at)? ?line ([0-9]+) of (\S+?)(?: -- IGNORING!!!)?$")
_READY = b"Asterisk Ready."


async def dry_load(program: AsteriskProgram, files: Mapping[str, str]) -> list[Problem]:
    """Return what Asterisk complains of when it reads these files, by file and line.

    Args:
        program: the Asterisk.
        files: name to text. Check them before: Asterisk follows what they include.

    Raises:
        AsteriskError: it does not start.
    """
    if not files:
        return []
    with tempfile.TemporaryDirectory(prefix="acd-dry-") as directory:
        home = Path(directory)
        for name in ("etc", "lib", "run"):
            (home / name).mkdir()
        (home / "etc/asterisk.conf").write_text(_ASTERISK.format(home=home, program=program))
        for name, text in _FILES.items():
            (home / "etc" / name).write_text(text)
        write_dialplan(home, files)
        return problems_in(await _output(program, home))


async def _output(program: AsteriskProgram, home: Path) -> str:
    child = await asyncio.create_subprocess_exec(
        *program.argv,
        *("-f", "-C", str(home / "etc/asterisk.conf")),
        cwd=home,
        env=minimal_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert child.stdout is not None
    read = b""
    try:
        async with asyncio.timeout(PATIENCE):
            while _READY not in read:
                more = await child.stdout.read(65536)
                if not more:
                    break
                read += more
    except TimeoutError:
        pass
    finally:
        if child.returncode is None:
            child.kill()  # it has nothing to lose
        await child.wait()
    if _READY not in read:
        last = read.decode(errors="replace").strip().splitlines()[-1:]
        raise AsteriskError(f"Asterisk did not start for a dry load: {''.join(last)}")
    return read.decode(errors="replace")


def problems_in(output: str) -> list[Problem]:
    """Return the complaints about a dialplan in what Asterisk said."""
    found: list[Problem] = []
    because = ""  # the reason comes a line before the place
    for line in output.splitlines():
        logged = _LOGGED.match(line)
        if logged is None:
            continue
        message = logged[1].strip()
        place = _AT.search(message)
        if place is None:
            because = message
        elif f"/{INCLUDED}" not in message:
            text = message[: place.start()]
            if text.startswith("Unable to register extension"):
                text = because or text
            found.append(_problem(place[2], int(place[1]), text))
    return sorted(set(found))


def _problem(path: str, line: int, message: str) -> Problem:
    file = FOLDER + Path(path).name
    text = message.removeprefix("==!!== ").removeprefix("parse error: ")
    return Problem(file, line, Code.BAD_DIALPLAN.code, one_line(text))
