"""The system's Chromium. Its headless shell, where there is one, takes a third of the processor's time."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def launch(playwright: Playwright) -> Browser:
    """A browser of its own. Errors: FileNotFoundError where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise FileNotFoundError(f"no Chromium on PATH: {', '.join(NAMES)}")
    return playwright.chromium.launch(executable_path=path, args=ARGS)
