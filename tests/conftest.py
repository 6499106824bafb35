"""What every test may ask for: a session on a fresh in-memory database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from engine.storage.base import Base
from engine.storage.session import Database


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on an empty in-memory SQLite database with all imported tables."""
    database = Database("sqlite://")
    with Session(database.engine, expire_on_commit=False) as session:
        Base.metadata.create_all(session.connection())
        yield session
        session.rollback()
    database.dispose()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A real database: SQLite in a file, or the PostgreSQL that `CASEWORK_TEST_DATABASE_URL` names, emptied."""
    url = os.environ.get("CASEWORK_TEST_DATABASE_URL", "")
    database = Database(url or f"sqlite:///{tmp_path / 'casework.db'}")
    if url:
        Base.metadata.drop_all(database.engine)
    Base.metadata.create_all(database.engine)
    yield database
    database.dispose()
