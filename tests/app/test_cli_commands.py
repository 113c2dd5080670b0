"""The commands as people and programs run them: output, errors, exit status."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from warmkit import Ran, run

from acd import __version__
from acd.adapters.sql.audit import SqlAudit
from acd.adapters.sql.engine import Database

pytestmark = pytest.mark.app

ACD = Path(sys.executable).with_name("acd")


Run = Callable[..., Ran]


def _checked(ran: Ran, status: int) -> Ran:
    assert ran.status == status, ran
    assert "Traceback" not in ran.err
    if status:
        assert ran.err or ran.out
    return ran


@pytest.fixture
def clean(tmp_path: Path) -> dict[str, str]:
    """A clean environment, with a home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACD_")}
    return {**kept, "ACD_HOME": str(tmp_path / "home")}


@pytest.fixture
def acd(tmp_path: Path, clean: dict[str, str]) -> Run:
    """Run `acd` in an empty directory, with everything imported before."""

    def run_warm(*words: str, status: int = 0, **environment: str) -> Ran:
        return _checked(run(words, cwd=tmp_path, environment={**clean, **environment}), status)

    return run_warm


@pytest.fixture
def program(tmp_path: Path, clean: dict[str, str]) -> Run:
    """Run the program itself, from its first import on."""

    def run_program(*words: str, status: int = 0, **environment: str) -> Ran:
        done = subprocess.run(
            [str(ACD), *words],
            cwd=tmp_path,
            env={**clean, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        return _checked(Ran(done.returncode, done.stdout, done.stderr), status)

    return run_program


def _says(ran: Ran, first: str, hint: str = "") -> None:
    """Expect one clear line first, and the remedy after it."""
    lines = ran.err.splitlines()
    assert lines[0].startswith("acd: "), ran.err
    assert first in lines[0], ran.err
    assert hint in "\n".join(lines[1:]), ran.err


# --- the whole ----------------------------------------------------------------------------------


def test_version(program):
    assert program("--version").out == f"acd {__version__}\n"


COMMANDS = (
    "up", "check", "call", "phone", "mail", "trace", "why", "agents", "token", "sim", "replay",
    "erlang", "doctor", "asterisk",
)  # fmt: skip


def test_help_lists_every_command_and_how_to_begin(program):
    text = program("--help").out
    for command in COMMANDS:
        assert re.search(rf"^│ {command} ", text, re.MULTILINE), command
    assert "acd up --demo" in text


@pytest.mark.parametrize(
    "command", [c for c in COMMANDS if c not in ("agents", "token", "asterisk")]
)
def test_help_of_a_command_teaches_by_examples(program, command):
    text = program(command, "--help").out  # a command is loaded alone
    assert "Examples:" in text
    assert f"acd {command}" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("bogus",), "no such command 'bogus'"),
        (("up", "--bogus"), "no such option: --bogus"),
        (("up", "--port", "x"), "invalid value for '--port'"),
        (("up", "--port", "70000"), "invalid value for '--port'"),
        (("up", "--asterisk", "old"), "invalid value for '--asterisk'"),
        (("call",), "missing argument 'NUMBER'"),
        (("sim",), "missing argument 'SCENARIO.toml'"),
        (("token", "create", "x", "--role", "king"), "invalid value for '--role'"),
        (("trace",), "name a contact, or say --last"),
        (("trace", "c-1-x", "--last"), "name a contact, or say --last"),
    ],
)
def test_bad_input_is_said_in_one_line_with_status_2(acd, words, says):
    _says(acd(*words, status=2), says, "--help")


def test_bad_settings_are_all_listed(acd, tmp_path):
    (tmp_path / "acd.toml").write_text('[http]\nport = "x"\ncolor = 1\n[sip]\nport = -1\n')
    ran = acd("doctor", status=2)
    _says(ran, "the settings cannot be used")
    for key in ("http.port", "http.color", "sip.port"):
        assert key in ran.err


def test_a_misspelt_variable_is_not_silently_without_effect(program):
    _says(program("doctor", status=2, ACD_HTTP_PROT="1"), "ACD_HTTP_PROT")


@pytest.mark.parametrize(
    "words",
    [
        ("call", "100"),
        ("phone", "ann"),
        ("mail", "hello"),
        ("agents", "set-presence", "ann", "ready"),
    ],
)
def test_what_needs_the_engine_says_so(acd, words):
    _says(acd(*words, status=1), "no engine is ready", "acd up --demo")


@pytest.mark.parametrize(
    "words",
    [
        ("trace", "--last"),
        ("why", "--last"),
        ("agents", "list"),
        ("token", "list"),
        ("replay", "."),
    ],
)
def test_what_needs_a_record_makes_none(acd, tmp_path, words):
    _says(acd(*words, status=1), "there is no record", "acd up")
    assert not (tmp_path / "home").exists()


# --- check --------------------------------------------------------------------------------------


def _site(tmp_path: Path, **files: str) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    given = {
        "numbers": '["100"]\nflow = "main"\n',
        "queues": "[support]\n",
        "main": 'start = "a"\n[node.a]\ntype = "hangup"\n',
        **files,
    }
    for name, text in given.items():
        (site / f"{name}.toml").write_text(text)
    return site


def test_check_lists_every_problem_with_file_and_line(acd, tmp_path):
    site = _site(
        tmp_path,
        main='start = "a"\non_fail = "b"\n[node.a]\ntype = "enqueue"\nqueue = "suport"\n'
        '[node.b]\ntype = "hangup"\n',
        bad="start = \n",
    )
    ran = acd("check", str(site), status=1)
    lines = ran.out.splitlines()
    assert len(lines) >= 2
    for line in lines:
        assert re.fullmatch(r"[\w./]+:\d+: [a-z-]+: .+", line), line
    assert any(line.startswith("main.toml:5: unknown-queue: ") for line in lines)
    assert any(line.startswith("bad.toml:1: bad-toml: ") for line in lines)
    found = acd("check", str(site), "--json", status=1).json["problems"]
    assert {(one["file"], one["line"], one["code"]) for one in found} >= {
        ("main.toml", 5, "unknown-queue")
    }
    assert len(found) == len(lines)


def test_check_of_a_good_site(acd):
    sample = str(Path("dialplans").absolute())
    assert "no problem found" in acd("check", sample, "--stories").out
    assert acd("check", sample, "--json").json == {"problems": []}


def test_check_of_nothing(acd):
    assert "missing-file" in acd("check", "nowhere", status=1).out


# --- sim, replay, erlang ------------------------------------------------------------------------


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    """An hour of two skills, after another to warm up."""
    days = Path("acd/sim/scenarios/two-skills.toml").read_text()
    path = tmp_path / "hours.toml"
    path.write_text(days.replace("duration_seconds = 72000", "duration_seconds = 7200"))
    return str(path)


def test_sim_is_repeatable_and_follows_the_seed(acd, program, scenario):
    one = program("sim", scenario, "--json", PYTHONHASHSEED="1").json
    same = program("sim", scenario, "--json", PYTHONHASHSEED="2").json
    other = acd("sim", scenario, "--seed", "77", "--json").json
    assert one == same
    assert one["log_hash"] != other["log_hash"]
    assert other["seed"] == 77
    assert set(one) >= {"seed", "duration_seconds", "decisions", "log_hash", "total", "queues"}


def test_sim_for_people(acd, scenario):
    assert "occupancy" in acd("sim", scenario).out


def test_sim_refuses_what_it_cannot_run(acd, scenario, tmp_path):
    _says(acd("sim", "nowhere.toml", status=2), "nowhere.toml:1: unreadable-file")
    (tmp_path / "bad.toml").write_text("seed = 'x'\n")
    _says(acd("sim", "bad.toml", status=2), "bad.toml:1")
    _says(acd("sim", scenario, "--policy", "nearest", status=2), "nearest")


def test_replay_refuses_what_is_no_log(acd, tmp_path):
    _says(acd("replay", "nowhere.jsonl", status=1), "cannot be read")
    (tmp_path / "bad.jsonl").write_text("{}\n")
    _says(acd("replay", "bad.jsonl", status=1), "")


def test_erlang_for_a_target_and_for_a_number(acd):
    demand = ("erlang", "--per-hour", "600", "--handle", "180")
    found = acd(*demand, "--level", "0.8", "--within", "20", "--json").json
    assert found["model"] == "c"
    assert found["service_level"] >= 0.8
    fewer = acd(*demand, "--agents", str(found["agents"] - 1), "--json").json
    assert fewer["service_level"] < 0.8
    short = acd(*demand, "--agents", "10", "--json").json
    assert short["asa_seconds"] is None
    assert "without end" in acd(*demand, "--agents", "10").out
    patient = acd(*demand, "--agents", "31", "--patience", "90", "--json").json
    assert (patient["model"], patient["abandon_rate"] > 0) == ("a", True)
    refused = acd(*demand, "--agents", "31", "--model", "b", "--json").json
    assert refused["model"] == "b"


@pytest.mark.parametrize(
    "more",
    [(), ("--agents", "3", "--level", "0.8"), ("--agents", "-1"), ("--level", "1.5"),
     ("--agents", "3", "--model", "a"), ("--agents", "3", "--patience", "0")],
)  # fmt: skip
def test_erlang_refuses_what_makes_no_sense(acd, more):
    acd("erlang", "--per-hour", "600", "--handle", "180", *more, status=2)


# --- tokens and agents, without an engine -------------------------------------------------------


def test_tokens_are_made_listed_and_revoked(acd, tmp_path):
    text = acd("token", "create", "wallboard").out.strip()
    assert re.fullmatch(r"acd_[\w-]{40,}", text)
    assert acd("token", "create", "boss", "--role", "admin", "--json").json["role"] == "admin"
    _says(acd("token", "create", "boss", status=1), "there is a token boss already")
    acd("token", "revoke", "boss")
    listed = acd("token", "list", "--json").json["tokens"]
    assert [(one["name"], one["role"], one["revoked_at"] is None) for one in listed] == [
        ("boss", "admin", False), ("wallboard", "read", True),
    ]  # fmt: skip
    assert text not in acd("token", "list").out
    _says(acd("token", "revoke", "boss", status=1), "no valid token boss")
    _says(acd("token", "create", " ", status=2), "a name has")
    stored = b"".join(file.read_bytes() for file in (tmp_path / "home").iterdir())
    assert text.encode() not in stored


def test_agents_are_added_changed_and_removed(acd, tmp_path):
    made = acd(
        "agents", "add", "dana", "--name", "Dana Diaz", "--queue", "support", "--queue", "sales=2",
        "--skill", "english=3", "--json",
    ).json  # fmt: skip
    assert len(made["password"]) >= 12
    assert len(made["sip_password"]) >= 20
    (one,) = acd("agents", "list", "--json").json["agents"]
    assert (one["name"], one["title"], one["phone"], one["role"]) == (
        "dana", "Dana Diaz", "2001", "agent",
    )  # fmt: skip
    assert one["queues"] == {"support": 1, "sales": 2}
    stored = b"".join(file.read_bytes() for file in (tmp_path / "home").iterdir())
    assert made["password"].encode() not in stored
    assert made["sip_password"].encode() not in stored

    changed = acd("agents", "edit", "dana", "--queue", "sales=0", "--skill", "spanish=1", "--json")
    assert changed.json == {"name": "dana", "password": None, "sip_password": None}
    moved = acd("agents", "edit", "dana", "--phone", "2100", "--json").json
    assert moved["sip_password"] != made["sip_password"]
    (one,) = acd("agents", "list", "--json").json["agents"]
    assert one["queues"] == {"support": 1}
    assert one["skills"] == {"english": 3, "spanish": 1}
    assert one["phone"] == "2100"

    fresh = acd("agents", "password", "dana", "--json").json
    assert fresh["password"] != made["password"]
    assert "engine not running" in acd("agents", "list").out
    acd("agents", "remove", "dana")
    assert acd("agents", "list", "--json").json == {"agents": []}
    _says(acd("agents", "remove", "dana", status=1), "there is no agent dana")


def test_agents_that_cannot_be(acd):
    acd("agents", "add", "ann", "--phone", "2001")
    _says(acd("agents", "add", "ann", status=1), "there is an agent ann already", "edit")
    _says(acd("agents", "add", "bob", "--phone", "2001", status=1), "phone 2001 is ann's")
    _says(acd("agents", "add", "Ann", status=2), "'Ann' cannot be a login")
    _says(acd("agents", "add", "cid", "--skill", "x=y", status=2), "'x=y' is not NAME=N")
    _says(acd("agents", "add", "cid", "--phone", "20 01", status=2), "20 01", "2 to 15 digits")
    _says(acd("agents", "edit", "nobody", "--name", "N", status=1), "there is no agent nobody")


async def test_what_is_changed_by_command_is_in_the_audit(acd, tmp_path):
    acd("agents", "add", "ann", "--skill", "english=3")
    acd("agents", "edit", "ann", "--phone", "2100")
    secrets = acd("agents", "password", "ann", "--json").json
    acd("agents", "remove", "ann")
    acd("token", "create", "wallboard")
    acd("token", "revoke", "wallboard")
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/home/acd.sqlite3")
    audit = SqlAudit(database)
    try:
        rows = [row.entry for row in await audit.entries()]
        assert await audit.first_broken() is None
    finally:
        await audit.close()
        await database.close()
    assert [(entry.actor, entry.action, entry.subject) for entry in reversed(rows)] == [
        ("cli", "agents.create", "agent:ann"),
        ("cli", "agents.change", "agent:ann"),
        ("cli", "agents.password", "agent:ann"),
        ("cli", "agents.sip-password", "agent:ann"),
        ("cli", "agents.remove", "agent:ann"),
        ("cli", "tokens.create", "token:wallboard"),
        ("cli", "tokens.revoke", "token:wallboard"),
    ]
    assert rows[-1].details["skills"] == {"english": 3}
    assert rows[-2].details == {"phone": "2100"}
    assert secrets["password"] not in str(rows)
    assert secrets["sip_password"] not in str(rows)


def test_an_agent_serves_queues_that_there_are(acd):
    sample = {"ACD_SITE_DIRECTORY": str(Path("dialplans").absolute())}
    refused = acd("agents", "add", "ann", "--queue", "slaes", status=1, **sample)
    _says(refused, "there is no queue 'slaes'", "sales")
    acd("agents", "add", "ann", "--queue", "gone")  # without dialplans nobody can tell
    acd("agents", "edit", "ann", "--queue", "sales=2", **sample)
    (one,) = acd("agents", "list", "--json").json["agents"]
    assert one["queues"] == {"gone": 1, "sales": 2}


# --- doctor -------------------------------------------------------------------------------------


def test_doctor_finds_what_is_wrong_and_how_to_mend_it(acd, tmp_path):
    sample = str(Path("dialplans").absolute())
    well = acd("doctor", "--json", ACD_SITE_DIRECTORY=sample, ACD_HTTP_PORT="0", ACD_SIP_PORT="0",
               ACD_ASTERISK_ARI_PORT="0", ACD_ASTERISK_AMI_PORT="0").json  # fmt: skip
    assert well["ok"] is True
    assert {"Asterisk", "dialplans", "home", "disk", "ports", "record", "clock"} <= {
        one["what"] for one in well["checks"]
    }

    # A flow promises calls, and the settings let nobody be rung.
    (note,) = [one for one in well["checks"] if one["what"] == "dialplans"]
    assert note["verdict"] == "note"
    assert "nobody may be rung" in note["detail"]

    home = tmp_path / "home"
    acd("token", "create", "x")
    (home / "secrets.json").write_text("{}")
    (home / "secrets.json").chmod(0o644)
    ran = acd("doctor", status=1, ACD_SITE_DIRECTORY=str(_site(tmp_path, bad="x")))
    assert f"chmod 600 {home / 'secrets.json'}" in ran.out
    assert "acd check" in ran.out


def test_doctor_finds_a_port_in_use_and_a_broken_record(acd, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "home").mkdir()
        (tmp_path / "home/acd.sqlite3").write_bytes(b"not a database" * 100)
        found = acd("doctor", "--json", status=1, ACD_HTTP_PORT=str(port)).json["checks"]
    wrong = {one["what"]: one for one in found if one["verdict"] == "wrong"}
    assert "http.port" in wrong[f"port {port}"]["remedy"]
    assert wrong["record"]["detail"]


def test_the_reader_of_our_output_may_leave_early(tmp_path):
    done = subprocess.run(
        f"{ACD} --help | head -c 1", shell=True, capture_output=True, text=True, timeout=30,
        cwd=tmp_path,
    )  # fmt: skip
    assert done.stderr == ""
