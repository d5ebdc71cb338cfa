"""Whether the nearest sentence of the home was said at all, and whether it was this one of two alike.

A grammar always finds some sentence. Two independent witnesses say whether to believe it: a loop of phonemes,
which shows how much better the audio could be explained by any sounds at all, and a trigram model, which
may put the home's words in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

GAP_LIMIT = 12.0
"""Of `Evidence.gap`. Measured, with noise and at other speeds too: right sentences up to 10.3, speech that is no
command from 14.8 to 85."""

DOUBTED = 60.0
GAP_PER_AGREEMENT = 0.1
"""The limit rises by this for each point of agreement above `DOUBTED`. Measured at 90: right sentences up to
14.8; at 65 to 75: speech that is no command from 16.3."""

SHORT_PHONEMES = 6
SHORT_AGREED = 90.0
"""So short a sentence is in many words by chance (`alexa` holds `lights on`): both must have heard it."""

MARGIN = 165.0
"""Of `Evidence.margin`, in the score's units. Where the wrong one of two sentences won, it won by 0 to 164 (the
most where the first sound of `unlock` was cut off); where the right one did, by 186 at least."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against a sentence."""

    agreement: float
    """From 0 to 100, how alike it sounds to what the trigram model heard."""
    gap: float
    """By how much the phoneme loop explains each frame of speech better; negative if it does not."""
    margin: float
    """By how much it explains the audio better than any similar sentence with another effect."""
    phonemes: int
    """In the sentence."""


def believable(evidence: Evidence) -> bool:
    """Whether the sentence was said, as far as the evidence goes."""
    if evidence.phonemes <= SHORT_PHONEMES and evidence.agreement < SHORT_AGREED:
        return False
    limit = GAP_LIMIT + GAP_PER_AGREEMENT * max(0.0, evidence.agreement - DOUBTED)
    return evidence.gap <= limit and evidence.margin >= MARGIN
