"""Asterisk's configuration as text, apt sources and failures: no program is run."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acd.adapters.asterisk import install
from acd.adapters.asterisk.apt import InstallError, ReleaseExpiredError, apt_failure
from acd.adapters.asterisk.modules import MODULES, OPTIONAL
from acd.adapters.asterisk.program import AsteriskProgram, system_program
from acd.adapters.asterisk.render import RELOADABLE, TEMPLATES, render
from acd.adapters.asterisk.settings import (
    AgentEndpoint,
    AsteriskSettings,
    SettingError,
    Trunk,
    sip_digest,
)
from acd.adapters.asterisk.sources import Mirror, machine_mirrors

pytestmark = pytest.mark.core

SECRETS = {
    "ari_password": "ari-secret-0123456",
    "ami_password": "ami-secret-0123456",
    "caller_password": "caller-secret-0123",
}


@pytest.fixture
def program(tmp_path: Path) -> AsteriskProgram:
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in MODULES:
        (modules / f"{name}.so").touch()
    data = tmp_path / "data"
    return AsteriskProgram(
        source="system",
        version="22.10.1",
        argv=("/usr/sbin/asterisk",),
        modules_dir=modules,
        data_dir=data,
        sounds_dir=data / "sounds/en",
        moh_dir=data / "moh",
    )


@pytest.fixture
def settings(tmp_path: Path) -> AsteriskSettings:
    return AsteriskSettings(
        directory=tmp_path / "home/asterisk",
        http_port=8088,
        sip_port=5060,
        ami_port=5038,
        rtp_start=10000,
        rtp_end=10999,
        agents=(AgentEndpoint("ann", sip_digest("ann", "clear-password")),),
        trunks=(Trunk("carrier", ("192.0.2.1", "198.51.100.0/24")),),
        **SECRETS,
    )


def section(text: str, name: str) -> dict[str, str]:
    """Return the last settings of all sections ``name`` of a configuration file."""
    found: dict[str, str] = {}
    inside = False
    for line in text.splitlines():
        line = line.split(";")[0].strip()
        if line.startswith("["):
            inside = line.startswith(f"[{name}]")
        elif inside and "=" in line:
            key, value = line.split("=", 1)
            found[key.strip()] = value.strip(" >")
    return found


def test_every_template_becomes_a_file(
    settings: AsteriskSettings, program: AsteriskProgram
) -> None:
    files = render(settings, program).files
    assert set(files) == {path.name.removesuffix(".j2") for path in TEMPLATES.glob("*.conf.j2")}
    assert set(files) >= RELOADABLE
    assert not [name for name, text in files.items() if "{{" in text or "{%" in text]


def test_rendering_is_deterministic(settings: AsteriskSettings, program: AsteriskProgram) -> None:
    assert render(settings, program) == render(settings, program)


def test_servers_listen_on_loopback_alone(
    settings: AsteriskSettings, program: AsteriskProgram
) -> None:
    files = render(settings, program).files
    assert section(files["http.conf"], "general")["bindaddr"] == "127.0.0.1"
    assert section(files["manager.conf"], "general")["bindaddr"] == "127.0.0.1"
    for transport in ("transport-udp", "transport-tcp", "transport-ws"):
        assert section(files["pjsip.conf"], transport)["bind"].split(":")[0] == "127.0.0.1"


def test_security_baseline(settings: AsteriskSettings, program: AsteriskProgram) -> None:
    files = render(settings, program).files
    assert section(files["asterisk.conf"], "options")["live_dangerously"] == "no"
    assert section(files["modules.conf"], "modules")["autoload"] == "no"
    ami = section(files["manager.conf"], "acd")
    assert {ami["read"], ami["write"]} == {"system"}
    assert "anonymous" not in section(files["pjsip.conf"], "global")["endpoint_identifier_order"]
    forbidden = {"func_shell", "func_curl", "func_env", "app_system", "app_exec"}
    assert forbidden.isdisjoint(MODULES)


def test_agents_have_a_phone_and_a_browser_endpoint_and_no_clear_password(
    settings: AsteriskSettings, program: AsteriskProgram
) -> None:
    files = render(settings, program).files
    assert not [name for name, text in files.items() if "clear-password" in text]
    pjsip = files["pjsip.conf"]
    assert section(pjsip, "ann")["md5_cred"] == sip_digest("ann", "clear-password")
    assert section(pjsip, "ann-web")["webrtc"] == "yes"
    assert section(pjsip, "ann-web")["auth"] == "ann"


def test_digest_is_that_of_rfc_2617() -> None:
    # md5("ann:asterisk:secret"), by another program: printf ann:asterisk:secret | md5sum
    assert sip_digest("ann", "secret") == "a5e9031977f0d8d58f891e05d3dc5029"


def test_dialplan_passes_nothing_raw(settings: AsteriskSettings, program: AsteriskProgram) -> None:
    dialplan = render(settings, program).files["extensions.conf"]
    lines = [line.split(";")[0] for line in dialplan.splitlines()]
    assert not [line for line in lines if "ExecIf" in line]
    # A caller's number is looked at and thrown away, never passed on.
    caller = [line for line in lines if "CALLERID" in line]
    assert all("${REGEX(" in line or line.endswith("Set(CALLERID(num)=)") for line in caller)
    raw = [line for line in lines if "${EXTEN}" in line]
    assert raw
    assert all("FILTER(" in line or "LEN(${EXTEN})" in line for line in raw)


def test_last_rung_speaks_only_with_a_prompt(
    settings: AsteriskSettings, program: AsteriskProgram
) -> None:
    assert "Playback" not in render(settings, program).files["extensions.conf"]
    spoken = replace(settings, emergency_prompt=Path("/site/sorry"))
    assert "Playback(/site/sorry)" in render(spoken, program).files["extensions.conf"]


@pytest.mark.parametrize(
    "change",
    [
        {"systemname": "a\nb"},
        {"ari_user": "acd]"},
        {"ari_password": "short"},
        {"caller_password": "x" * 20 + ";"},
        {"http_port": 80},
        {"rtp_end": 10000},
        {"extra_modules": ("../evil",)},
        {"agents": (AgentEndpoint("ann", "0" * 32), AgentEndpoint("ann-web", "0" * 32))},
    ],
)
def test_settings_refuse_what_cannot_be_rendered(
    settings: AsteriskSettings, change: dict[str, Any]
) -> None:
    with pytest.raises(SettingError):
        replace(settings, **change)


@pytest.mark.parametrize("name", ["a,b", "${X}", "caller", "global", "transport-udp", "", "a" * 41])
def test_agent_names_are_plain(name: str) -> None:
    with pytest.raises(SettingError):
        AgentEndpoint(name, "0" * 32)


@pytest.mark.parametrize("text", ["a;b", "a\nb", "${EXTEN}", "a,b", "[x]", 'say "x"', "a|b"])
def test_paths_that_could_be_read_otherwise_are_refused(
    settings: AsteriskSettings, program: AsteriskProgram, text: str
) -> None:
    with pytest.raises(SettingError):
        render(replace(settings, emergency_prompt=Path("/sounds") / text), program)


def test_missing_module_is_named(settings: AsteriskSettings, program: AsteriskProgram) -> None:
    (program.modules_dir / "chan_pjsip.so").unlink()
    with pytest.raises(SettingError, match="chan_pjsip") as raised:
        render(settings, program)
    assert raised.value.code == "asterisk-module-missing"


def test_optional_module_is_left_out(settings: AsteriskSettings, program: AsteriskProgram) -> None:
    optional = sorted(OPTIONAL)[0]
    (program.modules_dir / f"{optional}.so").unlink()
    assert optional not in render(settings, program).files["modules.conf"].split("[modules]")[1]


def test_agents_are_reloadable_and_ports_are_not(
    settings: AsteriskSettings, program: AsteriskProgram
) -> None:
    before = render(settings, program)
    agents = render(replace(settings, agents=()), program)
    ports = render(replace(settings, http_port=9999), program)
    assert agents.fixed_digest == before.fixed_digest
    assert agents.reloadable_digest != before.reloadable_digest
    assert ports.fixed_digest != before.fixed_digest


def test_files_are_for_the_owner_alone(
    settings: AsteriskSettings, program: AsteriskProgram
) -> None:
    render(settings, program).write()
    assert stat.S_IMODE(settings.directory.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(f.stat().st_mode) for f in (settings.directory / "etc").iterdir()}
    assert modes == {0o600}


def test_unwritable_home_is_said_with_a_remedy(
    settings: AsteriskSettings, program: AsteriskProgram, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file where a directory belongs")
    with pytest.raises(SettingError) as raised:
        render(settings, program).write()
    assert raised.value.code == "home-not-writable"


def test_mirrors_come_from_the_machines_sources(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text(
        "# deb http://commented.example/debian bookworm main\n"
        "deb-src http://src.example/debian bookworm main\n"
        "deb cdrom:[Debian 12]/ bookworm main\n"
        "deb [arch=amd64 signed-by=/k.gpg] http://one.example/debian bookworm main contrib # x\n"
        "deb http://security.example/debian-security bookworm-security main\n"
    )
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "a.sources").write_text(
        "# A comment\nTypes: deb deb-src\nURIs: http://two.example/debian http://one.example/debian\n"
        "Suites: trixie trixie-updates\nComponents: main\nSigned-By:\n -----BEGIN KEY-----\n .\n\n"
        "Types: deb\nURIs: http://off.example/debian\nSuites: trixie\nComponents: main\n"
        "Enabled: no\n\n"
        "Types: deb\nURIs: http://vendor.example/x\nSuites: nodistro\nComponents: main\n"
    )
    (parts / "ignored.save").write_text("deb http://save.example/debian bookworm main\n")
    assert machine_mirrors(tmp_path) == [
        Mirror("http://one.example/debian", "/k.gpg"),
        Mirror("http://two.example/debian", "\n -----BEGIN KEY-----\n ."),
    ]


def test_mirror_is_written_with_its_key() -> None:
    text = Mirror("http://one.example/debian", "/k.gpg").deb822("sid")
    assert "Suites: sid\n" in text
    assert "Signed-By: /k.gpg\n" in text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("E: Failed to fetch http://x  Could not connect to x:80", "no-network"),
        (
            "Err:1 http://x sid InRelease\n  Temporary failure resolving 'x'\nE: Failed",
            "no-network",
        ),
        ("E: You don't have enough free space in /x.", "no-disk-space"),
        ("dpkg-deb: error: failed to write (No space left on device)", "no-disk-space"),
        ("E: The repository 'x' is not signed.", "asterisk-signature"),
        ("E: Release file for x is expired (invalid since 1d).", "asterisk-release-expired"),
        ("E: Something new", "asterisk-install"),
    ],
)
def test_apt_failures_are_told_apart(text: str, code: str) -> None:
    error = apt_failure(text)
    assert error.code == code
    assert error.hint


class ScriptedApt:
    """Answers like apt does: what each suite does on update, and which version it offers."""

    def __init__(self, suites: dict[str, InstallError | str]) -> None:
        self.suites = suites
        self.source = ""
        self.tried: list[tuple[str, bool]] = []

    def prepare(self, source: str) -> None:
        self.source = source.split("Suites: ")[1].split("\n")[0]

    def update(self, progress: object, *, allow_expired: bool = False) -> None:
        self.tried.append((self.source, allow_expired))
        answer = self.suites[self.source]
        if isinstance(answer, ReleaseExpiredError) and allow_expired:
            self.suites[self.source] = "1:22.10.1+dfsg-1"
        elif isinstance(answer, InstallError):
            raise answer

    def candidate(self, package: str) -> str | None:
        found = self.suites[self.source]
        return found if isinstance(found, str) and found else None


def choose(apt: ScriptedApt, said: list[str]) -> str:
    return install._select_suite(
        apt,  # type: ignore[arg-type]
        [Mirror("http://one.example/debian")],
        ("sid", "testing"),
        lambda step, done: said.append(step),
    )


def test_first_suite_with_a_recent_asterisk_is_taken() -> None:
    assert choose(ScriptedApt({"sid": "1:22.10.1+dfsg-1", "testing": ""}), []) == "sid"
    assert choose(ScriptedApt({"sid": "1:16.2.1~dfsg-1", "testing": "1:20.9-1"}), []) == "testing"
    assert choose(ScriptedApt({"sid": "", "testing": "2:22~rc1-1"}), []) == "testing"


def test_expired_list_is_used_only_after_all_else_and_aloud() -> None:
    said: list[str] = []
    apt = ScriptedApt({"sid": ReleaseExpiredError("expired"), "testing": InstallError("none")})
    assert choose(apt, said) == "sid"
    assert apt.tried == [("sid", False), ("testing", False), ("sid", True)]
    assert [text for text in said if "WARNING" in text]


def test_valid_list_is_preferred_to_an_expired_one() -> None:
    said: list[str] = []
    apt = ScriptedApt({"sid": ReleaseExpiredError("expired"), "testing": "1:22.1-1"})
    assert choose(apt, said) == "testing"
    assert not said


def test_no_suite_with_asterisk_is_said() -> None:
    with pytest.raises(InstallError) as raised:
        choose(ScriptedApt({"sid": "", "testing": "1:16.1-1"}), [])
    assert raised.value.code == "no-asterisk"


def test_unreachable_mirror_is_not_taken_for_an_expired_one() -> None:
    apt = ScriptedApt({name: apt_failure("Could not connect") for name in ("sid", "testing")})
    with pytest.raises(InstallError) as raised:
        choose(apt, [])
    assert raised.value.code == "no-network"
    assert {allowed for _, allowed in apt.tried} == {False}


def test_half_made_bundle_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "asterisk/.new-1/root").mkdir(parents=True)
    broken = tmp_path / "asterisk/22.10.1-r1"
    (broken / "root").mkdir(parents=True)
    (broken / "manifest.json").write_text(json.dumps({"recipe": install.RECIPE}))
    assert install.find_bundle(tmp_path) is None


@pytest.mark.parametrize(
    ("printed", "accepted"),
    [
        ("Asterisk 20.6.0~dfsg-1", "20.6.0"),
        ("Asterisk certified-22.8-cert1", "22.8"),
        ("Asterisk 16.28.0", None),
        ("nonsense", None),
    ],
)
def test_system_asterisk_counts_from_release_20(
    tmp_path: Path, printed: str, accepted: str | None
) -> None:
    binary = tmp_path / "sbin/asterisk"
    for directory in (
        binary.parent,
        tmp_path / "lib/asterisk/modules",
        tmp_path / "share/asterisk",
    ):
        directory.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\necho '{printed}'\n")
    binary.chmod(0o755)
    program = system_program(str(binary.parent))
    assert (program.version if program else None) == accepted
