"""Rules for every file that git tracks, and the locks' agreement with ``pyproject.toml``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.core

ROOT = Path(__file__).resolve().parents[2]

MAX_LINES = 700
CODE = {".css", ".j2", ".js", ".html", ".py", ".sh", ".toml", ".xml"}
LONG_FOR_A_REASON = {
    "acd/adapters/ari/generated.py": "written by tools/generate_ari.py",
}

# Where packages come from is the machine's business: its apt sources and pip settings say it.
REGISTRY = re.compile(
    r"""(?:deb|ftp|http|security|snapshot|archive)\.(?:debian|ubuntu)\.
      | (?:files\.pythonhosted | \bpypi | registry\.npmjs | static\.crates | proxy\.golang)\.
        (?:org|io)""",
    re.VERBOSE,
)
# Paths that exist on one machine only. `/root` alone is every Debian machine's.
MACHINE_PATH = re.compile(r"(?<![\w.}$)~*-])/(?:work|mnt|root/[\w.]|home/[\w.]+/)")


def tracked() -> list[Path]:
    # A clone may belong to somebody else than the tests' user: a container's root, for one.
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """The file's text; ``""`` for a binary one."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_git_lists_this_file() -> None:
    assert Path(__file__).resolve() in tracked()


def test_no_file_names_a_package_registry() -> None:
    assert lines_matching(REGISTRY) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert lines_matching(MACHINE_PATH) == []


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (REGISTRY, "URIs: http://deb." + "debian." + "org/debian", True),
        (REGISTRY, "--index-url https://pypi." + "org/simple", True),
        (REGISTRY, "https://files.pythonhosted." + "org/x.whl", True),
        (REGISTRY, "docs.asterisk.org, www.example.org, pypistats", False),
        (MACHINE_PATH, 'open("/' + 'work/main/x")', True),
        (MACHINE_PATH, "cd /" + "home/ann/acd", True),
        (MACHINE_PATH, "$root/work, network/work, https://x.org/work", False),
    ],
)
def test_planted_names_are_found(pattern: re.Pattern[str], text: str, expected: bool) -> None:
    assert bool(pattern.search(text)) is expected


def test_files_are_short() -> None:
    too_long = {
        name: lines
        for path in tracked()
        if path.suffix in CODE
        and (name := str(path.relative_to(ROOT))) not in LONG_FOR_A_REASON
        and (lines := len(text_of(path).splitlines())) > MAX_LINES
    }
    assert too_long == {}


def test_what_may_be_long_exists() -> None:
    assert [name for name in LONG_FOR_A_REASON if not (ROOT / name).is_file()] == []


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def asked_for(*, dev: bool) -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"]["dev"] if dev else [])
    return dict(re.sub(r"\[.*?\]", "", one).split("==") for one in wanted)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_is_in_step(lock: str) -> None:
    """`make lock` was run after the last change to the dependencies."""
    wanted = asked_for(dev="dev" in lock)
    locked = pins(lock)
    assert {name: locked.get(name) for name in wanted} == wanted


def test_development_lock_contains_the_other() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9-]+==)", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.skipif(
    shutil.which("vagrant") is None, reason="this distribution has no vagrant (see scripts/setup)"
)
def test_vagrantfile_is_valid(tmp_path: Path) -> None:
    places = {"VAGRANT_HOME": str(tmp_path / "home"), "VAGRANT_DOTFILE_PATH": str(tmp_path / "dot")}
    result = subprocess.run(
        ["vagrant", "validate", "--ignore-provider"],
        cwd=ROOT,
        env=os.environ | places,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
