"""Runs last: every arrow of every diagram of every pack was walked by some scenario.

Part of a run of the whole folder only: `tests/conftest.py` leaves it out of partial runs.
"""

from __future__ import annotations

from tests.arrows import Trail, arrows


def test_every_arrow_of_every_diagram_was_walked(trail: Trail) -> None:
    """What no scenario walks, no scenario has shown to be right."""
    everything, missing = arrows(trail)
    assert everything
    assert not missing, "\n".join(
        [f"{len(missing)} of {len(everything)} arrows were not walked:", *map(str, missing)]
    )
