"""The installed Asterisk: speech, music, and what is said when it cannot be installed."""

from __future__ import annotations

import shutil
import subprocess
import wave
from collections import namedtuple
from pathlib import Path

import pytest

from acd.adapters.asterisk.apt import InstallError
from acd.adapters.asterisk.install import default_cache, find_bundle, install_bundle
from acd.adapters.asterisk.program import AsteriskProgram, minimal_environment
from acd.adapters.asterisk.sources import Mirror

pytestmark = pytest.mark.asterisk


def silent(step: str, done: float | None) -> None:
    """Take no notice of progress."""


def test_speech_tools_make_a_telephone_prompt(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    spoken, prompt = tmp_path / "spoken.wav", tmp_path / "prompt.wav"
    environment = minimal_environment()
    subprocess.run(
        [*asterisk_program.espeak_argv, "-v", "en-us", "-w", str(spoken), "For sales, press one."],
        check=True,
        env=environment,
    )
    subprocess.run(
        [*asterisk_program.sox_argv, str(spoken), "-r", "8000", "-c", "1", "-b", "16", str(prompt)],
        check=True,
        env=environment,
    )
    with wave.open(str(prompt)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert 0.8 < sound.getnframes() / 8000 < 4
        assert max(sound.readframes(8000)) > 0


def test_sounds_and_music_are_there(asterisk_program: AsteriskProgram) -> None:
    assert list(asterisk_program.sounds_dir.glob("beep.*"))
    assert [f for f in asterisk_program.moh_dir.iterdir() if f.stat().st_size > 100_000]
    if asterisk_program.source == "bundled":
        assert {f.suffix for f in asterisk_program.moh_dir.iterdir()} == {".ulaw", ".alaw"}


def test_bundle_is_installed_once(asterisk_program: AsteriskProgram) -> None:
    if asterisk_program.source != "bundled":
        pytest.skip("this machine has an Asterisk of its own")
    assert find_bundle(default_cache()) == asterisk_program
    assert install_bundle(default_cache(), [], silent) == asterisk_program


def test_without_a_mirror_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(InstallError) as raised:
        install_bundle(tmp_path, [], silent)
    assert raised.value.code == "no-mirror"


def test_without_a_network_it_says_so_and_leaves_no_bundle(tmp_path: Path) -> None:
    nowhere = Mirror("http://127.0.0.1:1/debian")
    with pytest.raises(InstallError) as raised:
        install_bundle(tmp_path, [nowhere], silent, suites=("sid",))
    assert raised.value.code == "no-network"
    assert "network" in raised.value.hint
    assert find_bundle(tmp_path) is None


def test_without_disk_space_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    with pytest.raises(InstallError) as raised:
        install_bundle(tmp_path, [Mirror("http://127.0.0.1:1/debian")], silent)
    assert raised.value.code == "no-disk-space"


def test_without_apt_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InstallError, match="apt-get") as raised:
        install_bundle(tmp_path, [], silent)
    assert raised.value.code == "no-apt-get"


def test_unwritable_cache_is_said_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "asterisk").write_text("a file where a directory belongs")
    with pytest.raises(InstallError, match="asterisk") as raised:
        install_bundle(tmp_path, [], silent)
    assert "XDG_CACHE_HOME" in raised.value.hint
