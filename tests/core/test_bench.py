"""The bench of the core runs and measures what it says."""

from __future__ import annotations

import pytest

from bench import core

pytestmark = pytest.mark.core


def test_quick_run() -> None:
    rows = core.run(is_quick=True)
    assert [(row.kind, row.trigger) for row in rows] == [
        *((kind, trigger) for kind in core.KINDS for trigger in ("agent", "call")),
        ("whole call", "call"),
    ]
    assert all(0 < row.p50_us <= row.p99_us for row in rows)
    assert {figure.id for figure in core.figures(rows)} == {"P9", ""}


def test_growth_is_found() -> None:
    sizes = [(10, 100), (10, 10_000), (1_000, 100), (1_000, 10_000)]
    rows = [
        core.Row("decision", "agent", agents, waiting, 1e6 / agents, 1.0, 1.0)
        for agents, waiting in sizes
    ]
    assert core.exponent(rows, of="agents") == pytest.approx(1.0)
    assert core.exponent(rows, of="waiting") == pytest.approx(0.0)
