"""What commands print: tables that can be read and searched, errors that say how to go on."""

from __future__ import annotations

import importlib
import sys
from functools import partial
from pathlib import Path

import pytest

from acd.adapters.home import DEMO_FILE, Home
from acd.cli import output
from acd.core.ids import QueueName
from acd.demo import AGENTS, provide_accounts
from acd.ports.store import AgentRow

pytestmark = pytest.mark.app

HEADS = ("version", "published", "note")
ROWS = [("88af34b0", "2026-11-22 07:32", "the word that callers should hear first thing")]


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_table_in_a_pipe_is_a_line_a_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "30")
    output.print_table(HEADS, ROWS)
    assert printed(capsys) == [
        "version   published         note",
        "88af34b0  2026-11-22 07:32  the word that callers should hear first thing",
    ]


@pytest.mark.parametrize("columns", [30, 60])
def test_on_a_terminal_only_the_last_column_is_broken(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = partial(output.Console, force_terminal=True, color_system=None)
    monkeypatch.setattr(output, "Console", terminal)
    output.print_table(HEADS, ROWS)
    lines = [line.rstrip() for line in printed(capsys)]
    assert any("88af34b0  2026-11-22 07:32  the word that" in line for line in lines)
    assert len(lines) > 2


def test_a_table_without_rows_or_heads_is_no_mistake(capsys: pytest.CaptureFixture[str]):
    output.print_table(HEADS, [])
    output.print_table(("", ""), [])
    assert printed(capsys)[0] == "version  published  note"


def test_a_package_that_is_missing_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "argv", ["acd", "check"])

    def lacking(_words: object) -> None:
        raise ModuleNotFoundError("No module named 'tomli'", name="tomli")

    main = importlib.import_module("acd.cli.main")
    monkeypatch.setattr(main, "load", lacking)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("acd: a Python package is missing: tomli\n")
    assert "scripts/setup" in said


class Nobody:
    """A store of agents with none in it."""

    async def agents(self) -> list[AgentRow]:
        return []

    async def save_agent(self, row: AgentRow, *, password: str) -> None:
        assert row.profile.name
        assert password


async def test_somebody_of_the_demo_serves_queues_that_are_not_the_samples(tmp_path: Path):
    queues = [QueueName("frontdesk"), QueueName("sales")]
    with Home(tmp_path / "home") as home:
        shown = await provide_accounts(Nobody(), home, queues)  # type: ignore[arg-type]
        assert home.read(DEMO_FILE) == shown
    served = {agent["login"]: agent["queues"] for agent in shown["agents"]}
    assert served["ann"] == ["support", "frontdesk"]
    assert served["dev"] == list(AGENTS[3][2])
