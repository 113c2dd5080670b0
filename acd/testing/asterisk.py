"""A test Asterisk: its settings, its agents' passwords, its console."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from acd.adapters.asterisk.program import AsteriskProgram, minimal_environment
from acd.adapters.asterisk.settings import AgentEndpoint, AsteriskSettings, Trunk, sip_digest

AGENTS = ("ann", "bob", "cid", *(f"agent{n:02}" for n in range(1, 21)))
CARRIER = "127.0.0.9"


@dataclass(frozen=True, slots=True)
class Lab:
    """A running Asterisk and what a test needs to reach it."""

    program: AsteriskProgram
    settings: AsteriskSettings

    @staticmethod
    def password(agent: str) -> str:
        """SIP password of an agent of `AGENTS`."""
        return f"{agent}-test-password"

    @property
    def sip(self) -> str:
        """``host:port`` of SIP over UDP and TCP."""
        return f"{self.settings.bind}:{self.settings.sip_port}"

    def cli(self, command: str) -> str:
        """Run a command of Asterisk's console and return its output."""
        conf = self.settings.directory / "etc/asterisk.conf"
        return subprocess.run(
            [*self.program.argv, "-C", str(conf), "-rx", command],
            cwd=self.settings.directory,
            env=minimal_environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout


def free_port() -> int:
    """Return a port that is free for TCP and UDP on loopback."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ):
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def lab_settings(directory: Path) -> AsteriskSettings:
    """Settings of a test Asterisk below ``directory``: agents of `AGENTS`, one trunk."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    return AsteriskSettings(
        directory=directory,
        http_port=free_port(),
        sip_port=free_port(),
        ami_port=free_port(),
        rtp_start=20000 + worker * 1000,
        rtp_end=20999 + worker * 1000,
        ari_password="test-ari-password",
        ami_password="test-ami-password",
        caller_password="test-caller-password",
        systemname=f"lab{worker}",
        agents=tuple(AgentEndpoint(name, sip_digest(name, Lab.password(name))) for name in AGENTS),
        trunks=(Trunk("carrier", (CARRIER,)),),
    )
