"""The benchmarks run, on everything real; how fast anything is is not looked at here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.asterisk

ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip


def test_every_figure_is_measured(tmp_path: Path) -> None:
    written = tmp_path / "bench.json"
    done = bench("--quick", "--json", str(written))
    assert done.returncode == 0, done.stderr
    found = json.loads(written.read_text())
    assert {figure["id"] for figure in found["figures"]} >= {
        "P1", "P2", "P4", "P6", "P9", "flows", "log", "up",
    }  # fmt: skip
    assert all(figure["value"] > 0 for figure in found["figures"] if figure["id"] != "P9")
    assert found["machine"]["cpu"]
    for loads in found["details"]["telephony"].values():
        assert {load["system"] for load in loads} == {"engine", "app_queue"}
        for load in loads:
            assert load["lost"] == 0
            assert len(load["routing"]) == load["calls"]
    assert "P1" in done.stdout


def test_an_unknown_figure_is_named() -> None:
    done = bench("--only", "P1,P99")
    assert done.returncode == 1
    assert "P99" in done.stderr
