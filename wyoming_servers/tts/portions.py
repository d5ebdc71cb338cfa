"""How much of a sentence to decode at a time: little at first, so that it is heard early, then more and more.

Every portion is decoded together with some frames of its surroundings, which costs time. So portions grow as fast as
they can without the listener running out of sound; and where decoding is too slow for that, there is but one portion.

Pure logic.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_S = 0.25
"""Sound in the first portion. With half of it a sentence is heard an eighth earlier, and so is a hiccup of 0.1 s."""
LONGEST_S = 3.0
"""Sound in any portion: how long other work waits, at most, in terms of what the decoder makes meanwhile."""
RESERVE = 2.0
"""A portion is there in time even if it takes this many times as long as is reckoned: others use the cores, too."""
GROWTH = 1.25
"""At least, from one portion to the next: the larger a portion, the less its context adds to it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a decoder costs."""

    frame_s: float
    """Sound in a frame, in seconds."""
    context: int
    """Frames that are decoded with every portion besides its own."""
    load: float
    """Seconds to decode a second of sound."""


def next_portion(left: int, last: int, pace: Pace) -> int:
    """Return how many of the `left` frames to decode next, `last` being the size of the portion before, 0 for none.

    While a portion plays, the next one is decoded: what it takes, `(portion + context) * load`, must not exceed what
    the one before it plays, divided by RESERVE. A rest that is smaller than its context goes with the portion before.
    """
    busy = RESERVE * pace.load
    if GROWTH * busy >= 1.0:
        return left
    if last:
        portion = int(last / max(busy, 1e-3)) - pace.context
    else:  # the smallest after which one of GROWTH times its size is there in time
        portion = int(pace.context * busy / (1.0 - GROWTH * busy)) + 1
    shortest, longest = round(FIRST_S / pace.frame_s), round(LONGEST_S / pace.frame_s)
    portion = min(max(portion, shortest, 1), max(longest, 1))
    return portion if left > portion + pace.context else left
