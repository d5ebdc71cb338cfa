"""What stand-in models are made of: the real amount of arithmetic, and no training."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float32]

SENTENCE = "turn on the kitchen light"


class Noise:
    """Small random weights, the same in every run."""

    def __init__(self, seed: int = 0) -> None:
        self._generator = np.random.default_rng(seed)

    def __call__(self, *shape: int, scale: float = 0.02) -> Weights:
        return self._generator.standard_normal(shape, np.float32) * np.float32(scale)
