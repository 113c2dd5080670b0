"""Databases for the SQL adapters: a file, and a PostgreSQL server started here."""

from __future__ import annotations

import itertools

import pytest

from acd.adapters.sql.engine import Database
from acd.testing import postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    """A real PostgreSQL, for the whole run of one worker."""
    with postgres.running() as running:
        yield running


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'acd.db'}"


@pytest.fixture
def postgresql_url(server):
    return server.create_database(f"t{next(_numbers)}")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.sql)])
def url(request):
    """A database of each kind, empty."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
async def database(url):
    """A database of each kind with all tables."""
    opened = Database(url)
    await opened.migrate()
    yield opened
    await opened.close()
