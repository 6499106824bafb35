"""The web process: gunicorn with our options; threads, one process on SQLite, several on PostgreSQL."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication

from engine.settings import Settings
from web.app import create_app
from web.assembly import open_world


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, told its options by us and not by its own command line."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand the options over."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, opened in the process that serves it."""
        return create_app(open_world(Settings.from_env()))
