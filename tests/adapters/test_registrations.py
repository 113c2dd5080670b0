"""Which phones can be reached, as Asterisk tells of registrations that come and go."""

from __future__ import annotations

import pytest

from acd.adapters.ami import Contact, Registrations

pytestmark = pytest.mark.core

OLD, NEW = "sip:1001@192.0.2.1:5060", "sip:1001@192.0.2.2:5060"


def told(*changes: tuple[str, str]) -> Registrations:
    registrations = Registrations()
    for uri, status in changes:
        registrations.change(Contact(endpoint="1001", uri=uri, status=status))
    return registrations


def test_a_phone_that_goes_is_gone() -> None:
    assert "1001" in told((OLD, "NonQualified"), (OLD, "Reachable"))
    assert "1001" not in told((OLD, "NonQualified"), (OLD, "Reachable"), (OLD, "Removed"))
    assert "1001" not in told((OLD, "NonQualified"), (OLD, "Unreachable"))


@pytest.mark.parametrize("removed_at", [1, 2, 3])
def test_a_phone_that_moves_stays(removed_at: int) -> None:
    changes = [(OLD, "Reachable"), (NEW, "NonQualified"), (NEW, "Reachable")]
    changes.insert(removed_at, (OLD, "Removed"))
    moved = told(*changes)
    assert "1001" in moved
    moved.change(Contact(endpoint="1001", uri=NEW, status="Removed"))
    assert "1001" not in moved


def test_what_is_seen_counts_more_than_what_was_told() -> None:
    registrations = told((OLD, "Reachable"))
    registrations.replace(
        [
            Contact(endpoint="1002", uri=OLD, status="Reachable"),
            Contact(endpoint="1003", uri=NEW, status="Unreachable"),
        ]
    )
    assert "1001" not in registrations
    assert "1002" in registrations
    assert "1003" not in registrations
