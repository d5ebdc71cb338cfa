"""A house in memory that does what it is told, so that `sotto run` works with nothing else installed."""

from __future__ import annotations

from pathlib import Path

from .model import Home, HomeSnapshot
from .yaml_home import read_home

DEMO_FILE = Path(__file__).with_name("demo.yaml")

# Read once, when the module is imported and not where a house is made: that may be on the event loop.
DEMO_HOUSE = read_home(DEMO_FILE)
"""The house of this package."""


class DemoHome(Home):
    """A house whose devices are only data. Without a snapshot it is the one of this package.

    For a file of the user's: `DemoHome(read_home(path))`.
    """

    def __init__(self, snapshot: HomeSnapshot = DEMO_HOUSE) -> None:
        super().__init__()
        self._snapshot = snapshot

    @property
    def snapshot(self) -> HomeSnapshot:
        """The house as it is now."""
        return self._snapshot

    @property
    def executes_intents(self) -> bool:
        """Always: there is nothing behind this house."""
        return True
