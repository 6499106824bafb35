"""What every test may ask for: a session on a fresh in-memory database."""

from __future__ import annotations

from collections.abc import Iterator

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
