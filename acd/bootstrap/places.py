"""Where the parts of one centre are: its database, its ports, its Asterisk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from acd.adapters.asterisk.settings import AsteriskSettings, Trunk
from acd.adapters.home import Home
from acd.config import Settings
from acd.core.customer import number_of
from acd.core.site import Site
from acd.ports.pbx import Outbound

DEMO_NUMBER = "300"
"""Support of the sample site."""

DATABASE_FILE = "acd.sqlite3"


def database_url(settings: Settings) -> str:
    """Return the URL of the record: the one set, or a SQLite file in the home."""
    return settings.store.url or f"sqlite+aiosqlite:///{settings.home / DATABASE_FILE}"


def choose_ports(settings: Settings, home: Home) -> dict[str, int]:
    """Return the ports ``http``, ``sip``, ``ari`` and ``ami``; free ones, kept, where 0 is set.

    Raises:
        HomeError: the home cannot be written, or no port is free.
    """
    return home.ports(
        {
            "http": settings.http.port,
            "sip": settings.sip.port,
            "ari": settings.asterisk.ari_port,
            "ami": settings.asterisk.ami_port,
        }
    )


def outbound_of(settings: Settings) -> Outbound | None:
    """Return where agents may ring; None for nowhere."""
    wanted = settings.sip.outbound
    if not (wanted.trunk and wanted.host and wanted.allow):
        return None
    return Outbound(wanted.trunk, tuple(wanted.allow), wanted.caller_id)


def guest_numbers(settings: Settings, site: Site, *, with_demo: bool) -> tuple[str, ...]:
    """Return what web pages may call: what is set; for the demo its support, or any number."""
    if settings.chat.calls or not with_demo:
        return tuple(dict.fromkeys(settings.chat.calls))
    numbers = [number for number in site.numbers if number_of(number) == number]
    return tuple(sorted(numbers, key=lambda number: number != DEMO_NUMBER)[:1])


def asterisk_settings(
    settings: Settings,
    home: Home,
    ports: Mapping[str, int],
    *,
    guest_numbers: tuple[str, ...] | None = None,
) -> AsteriskSettings:
    """Return what the Asterisk of this home depends on, its agents aside.

    Args:
        settings: of the centre.
        home: its run directory.
        ports: see :func:`choose_ports`.
        guest_numbers: what web pages may call; by default what is set.

    Raises:
        HomeError: the home's secrets can be neither read nor made.
        SettingError: a value cannot be written into Asterisk's configuration.
    """
    secrets = home.secrets()
    outbound = settings.sip.outbound
    return AsteriskSettings(
        directory=home.path / "asterisk",
        bind=settings.sip.host,
        http_port=ports["ari"],
        sip_port=ports["sip"],
        ami_port=ports["ami"],
        rtp_start=settings.sip.rtp_start,
        rtp_end=settings.sip.rtp_end,
        ari_user=settings.asterisk.ari_user,
        ari_password=secrets.ari,
        ami_password=secrets.ami,
        caller_password=secrets.caller,
        systemname=settings.asterisk.node,
        trunks=tuple(
            Trunk(name, tuple(match), outbound.host if name == outbound.trunk else "")
            for name, match in settings.sip.trunks.items()
        ),
        lease_seconds=settings.asterisk.lease_seconds,
        guest_password=secrets.guest,
        guest_numbers=tuple(settings.chat.calls) if guest_numbers is None else guest_numbers,
    )


def versions_path(settings: Settings) -> Path:
    """Return where the files of the site's versions in use lie, a directory each."""
    return settings.home / "versions"
