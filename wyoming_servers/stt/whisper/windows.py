"""How much audio Whisper is given at a time. Pure logic.

Whisper was trained on windows of 30 s, padded with silence, and computes them in full: 0.5 s for "base" (int8, 2
cores), most of what a command costs. A shorter window costs in proportion (10 s: 0.12 s) and mostly reads the same,
but a model that was not tuned for it may repeat itself when speech ends with the window, or when the window is very
short: https://github.com/ggml-org/whisper.cpp/issues/1951, https://github.com/OpenNMT/CTranslate2/issues/2100 (1 to
3.5 s: much worse). With at least 10 s, and 2 s of silence after the speech, no loss was measured:
https://github.com/handy-computer/transcribe.cpp/pull/149. So that is the least here, on a CPU; a result that looks
doubtful is computed again with the full window; and a GPU, for which 30 s are little, always gets them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..engine import RATE_HZ

Samples = npt.NDArray[np.float32]

FULL_S = 30.0
SHORTEST_S = 10.0
SILENCE_S = 2.0
"""At least so much silence follows the speech in a window."""

LONGEST_SPEECH_S = FULL_S - SILENCE_S
CUT_WITHIN_S = 6.0
"""A longer utterance is cut at the quietest moment of the last so many seconds of its window."""

QUIET_S = 0.1
TOKENS_PER_S = 15
MIN_TOKENS = 24
"""Fast speech has 6 syllables a second, and no writing needs more than 2.5 tokens for each. What is longer is a loop,
and costs 7 ms for each token."""


def window_s(speech_s: float) -> float:
    """Return the seconds of the shortest window that is safe for so much speech."""
    return min(FULL_S, max(SHORTEST_S, speech_s + SILENCE_S))


def max_tokens(speech_s: float) -> int:
    """Return how many tokens so much speech can have at the most."""
    return MIN_TOKENS + round(TOKENS_PER_S * speech_s)


def first_cut(samples: Samples) -> int | None:
    """Return where to cut off the first window of an utterance that is too long for one; None if it is not."""
    longest = round(LONGEST_SPEECH_S * RATE_HZ)
    if len(samples) <= longest:
        return None
    start = longest - round(CUT_WITHIN_S * RATE_HZ)
    step = round(QUIET_S * RATE_HZ)
    whole = (longest - start) // step * step
    energy = np.square(samples[start : start + whole]).reshape(-1, step).mean(axis=1)
    return start + int(energy.argmin()) * step + step // 2
