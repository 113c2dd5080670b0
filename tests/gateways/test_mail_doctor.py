"""`acd doctor` signs in to every mailbox, and tells what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd.bootstrap.mail import examine
from acd.config import Settings, load_settings
from acd.core.errors import AcdError
from acd.testing import dovecot

pytestmark = pytest.mark.app


def settings(tmp_path: Path, port: int, **given: str) -> Settings:
    box = {
        "address": "desk@example.org", "imap_host": "127.0.0.1", "imap_port": port,
        "imap_security": "none", "imap_user": "desk", "imap_password_env": "DESK_PASSWORD",
    }  # fmt: skip
    return load_settings(site={"directory": tmp_path}, mailboxes={"desk": box | given})


async def test_what_doctor_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_PASSWORD", dovecot.PASSWORD)
    with dovecot.running() as server:
        assert await examine(settings(tmp_path, server.port)) == {}
        missing = await examine(settings(tmp_path, server.port, folder="None"))
        assert "there is no folder None" in missing["desk@example.org"]
        monkeypatch.setenv("DESK_PASSWORD", "wrong")
        refused = await examine(settings(tmp_path, server.port))
        assert "refuses user or password" in refused["desk@example.org"]
    gone = await examine(settings(tmp_path, server.port))
    assert "failed to connect" in gone["desk@example.org"]
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "reply.en.j2").write_text("{{ nobody }}")
    with pytest.raises(AcdError, match="nobody"):
        await examine(settings(tmp_path, server.port))
