"""What a calibration came to, as it is kept and shown: aim, threshold, curve, and what it was made of. Pure logic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from .threshold import Point

VERSION = 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What a calibration was made of."""

    answered: int = 0
    """Questions made of the documents."""
    near_misses: int = 0
    """Questions about the documents' topics that nothing answers."""
    starter: int = 0
    """Sentences of any household that no document answers."""
    own_answered: int = 0
    own_unanswered: int = 0
    """Sentences of this household."""
    passages: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """A calibration."""

    precision: float
    """Aimed at."""
    threshold: float
    """Documents answer what is at least as probable."""
    reached: bool
    """Whether that precision is reached for certain; else the threshold is the one that comes nearest."""
    chosen: Point | None
    """What comes of the threshold, on sentences that the weights were not fitted to; None where nothing is answered."""
    curve: tuple[Point, ...]
    """From the highest threshold down."""
    counts: Counts
    store_version: int
    """Of the documents; with another the report is stale."""
    embedder: str
    """Name of what searched by meaning; empty for words alone."""
    offset: float
    weights: Mapping[str, tuple[float, float, float]]
    """For each feature: its weight, and what is subtracted from it and divided by before."""
    embedded: int = 0
    """Passages that had a vector of that embedder."""
    examples: str = ""
    """Hash of the household's sentences; with others the report is stale."""
    setting: float = 0.0
    """The precision in the settings, where another was asked for; as long as it is the same, the aim holds."""
    made: str = ""
    """When, ISO 8601 in UTC."""

    def to_json(self) -> str:
        """Return it as it is kept."""
        return json.dumps({"version": VERSION, **asdict(self)}, allow_nan=False)

    @staticmethod
    def from_json(text: str) -> Report:
        """Return what was kept; raises ValueError if it is of another version, or none."""
        try:
            kept = json.loads(text)
            if kept.pop("version") != VERSION:
                raise ValueError("a report of another version")
            kept["chosen"] = kept["chosen"] and Point(**kept["chosen"])
            kept["curve"] = tuple(Point(**point) for point in kept["curve"])
            kept["counts"] = Counts(**kept["counts"])
            kept["weights"] = {name: (weight, shift, scale) for name, (weight, shift, scale) in kept["weights"].items()}
            return Report(**kept)
        except (AttributeError, KeyError, TypeError) as err:
            raise ValueError("no report of a calibration") from err
