"""When Whisper is believed. Pure logic.

Thresholds are those of OpenAI's own transcription (https://github.com/openai/whisper, transcribe.py).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

MIN_LOGPROB = -1.0
MAX_COMPRESSION = 2.4
NO_SPEECH = 0.6


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What one run of the decoder gave."""

    text: str
    logprob: float
    """Mean of the tokens' log probabilities, with the end of text."""
    no_speech: float
    """Probability that nobody spoke."""
    cut_off: bool
    """The text had not ended when there were more tokens than speech can have."""

    @property
    def compression(self) -> float:
        """How much shorter the text is when compressed: repetition makes it large."""
        encoded = self.text.encode()
        return len(encoded) / len(zlib.compress(encoded))

    @property
    def silent(self) -> bool:
        """Whether this is what Whisper makes of silence."""
        return self.no_speech > NO_SPEECH and self.logprob < MIN_LOGPROB

    @property
    def loops(self) -> bool:
        """Whether the decoder repeated itself."""
        return self.cut_off or self.compression > MAX_COMPRESSION

    @property
    def doubtful(self) -> bool:
        """Whether another run might hear better."""
        return not self.silent and (self.loops or self.logprob < MIN_LOGPROB)


def better(one: Hypothesis, other: Hypothesis) -> Hypothesis:
    """Return the one to believe rather: one without a loop, then the likelier."""
    return max(one, other, key=lambda hypothesis: (not hypothesis.loops, hypothesis.logprob))


def believed(hypothesis: Hypothesis, prompt: tuple[str, ...]) -> str:
    """Return the text, or "" where it was made of silence, noise or the prompt's own names."""
    text = hypothesis.text.strip()
    if hypothesis.silent or hypothesis.loops or not _letters(text) or echoes(text, prompt):
        return ""
    return text


def echoes(text: str, prompt: tuple[str, ...]) -> bool:
    """Return whether the text reads the prompt aloud: a stretch over more than two of its parts, or its only one.

    One name of several, or two, is what somebody may well have said.
    """
    parts = [_letters(part) for part in prompt]
    if len(parts) == 1:
        return parts[0] == _letters(text)
    start = "".join(parts).find(_letters(text))
    if start < 0 or not _letters(text):
        return False
    end = start + len(_letters(text))
    boundaries = [sum(map(len, parts[:number])) for number in range(1, len(parts))]
    return sum(start < boundary < end for boundary in boundaries) >= 2


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
