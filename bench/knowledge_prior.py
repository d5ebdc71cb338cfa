"""What is learned of the gate from a household with real questions: the weights that every household begins with.

Only the sentences for calibration are looked at, of both hands, never those of the test parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml

from tests.knowledge.household_questions import Part, Said, all_said, held_out
from tests.knowledge.household_search import HouseholdSearch
from wyoming_servers.conversation import knowledge
from wyoming_servers.conversation.knowledge.features import NAMES, row_of
from wyoming_servers.conversation.knowledge.gate import shares_of
from wyoming_servers.conversation.knowledge.regression import Floats, Weights, fit
from wyoming_servers.conversation.knowledge.synthesis import Trial

PENALTY = 30.0
ASKED = 12.0
"""What a real question counts beside one that was made."""
UNSEEN_SCALE = 0.15
"""Of features that never vary here, as there is no embedder."""
FILE = Path(knowledge.__file__).parent / "prior.yaml"


def for_calibration() -> list[Said]:
    """Return the sentences that what is shipped is learned of."""
    return [each for each in (*all_said(), *held_out()) if each.part is Part.CALIBRATION]


def learn(trials: Sequence[Trial], made: Floats, said: Sequence[Said], said_rows: Floats) -> Weights:
    """Return the weights that fit these sentences and what is made of the documents, each with its features."""
    rows = np.vstack([made, said_rows])
    wanted = np.asarray([float(each.wanted) for each in trials] + [float(each.is_answered) for each in said])
    counts = np.concatenate([shares_of(trials), np.full(len(said), ASKED)])
    varies = rows.std(axis=0) > 1e-6
    scale = np.where(varies, rows.std(axis=0), UNSEEN_SCALE)
    shift = np.where(varies, rows.mean(axis=0), 0.0)
    return fit(rows, wanted, counts, Weights(0.0, np.zeros(len(NAMES)), shift, scale), PENALTY)


def rows_of(search: HouseholdSearch, said: Sequence[Said]) -> Floats:
    """Return the features of sentences, shape (sentences, features)."""
    return np.asarray([row_of(search(each.text)) for each in said])


def write(weights: Weights) -> None:
    """Write them into the package."""
    columns = zip(weights.weights, weights.shift, weights.scale, strict=True)
    lines = [
        "# Weights that every gate begins with: of each feature the weight, what is subtracted before, and divided by.",
        "# Written by: script/bench knowledge-quality --prior",
        yaml.safe_dump({"offset": round(weights.offset, 4)}).strip(),
        "weights:",
        *(
            f"  {name}: [{', '.join(f'{float(number):.4f}' for number in numbers)}]"
            for name, numbers in zip(NAMES, columns, strict=True)
        ),
    ]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
