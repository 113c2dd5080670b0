"""The import contracts of ``pyproject.toml`` hold, and would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.core

ROOT = Path(__file__).resolve().parents[2]


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in ``tree`` with the contracts of its pyproject."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"], cwd=tree, capture_output=True, text=True, timeout=60, check=False
    )


def test_every_import_respects_the_layers() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_planted_violations_are_found(tmp_path: Path) -> None:
    planted = {
        "core/planted.py": "acd.flow",
        "flow/planted.py": "acd.ports",
        "ports/planted.py": "acd.flow",
        "app/planted.py": "acd.adapters",
        "sim/planted.py": "acd.web",
        "adapters/sql/planted.py": "acd.adapters.ari",
    }
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "acd", tmp_path / "acd", ignore=shutil.ignore_patterns("__pycache__", ".*")
    )
    for path, imported in planted.items():
        (tmp_path / "acd" / path).write_text(f"import {imported}\n")

    result = lint_imports(tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    for path, imported in planted.items():
        importer = "acd." + path.removesuffix(".py").replace("/", ".")
        assert f"{importer} -> {imported}" in result.stdout, (importer, result.stdout)


def test_a_module_without_a_layer_is_found(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "acd", tmp_path / "acd", ignore=shutil.ignore_patterns("__pycache__", ".*")
    )
    (tmp_path / "acd" / "planted.py").touch()

    result = lint_imports(tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    assert "acd.planted" in result.stdout
