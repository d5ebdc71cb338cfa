"""What `script/bench prefix` prints, and which of the goals are reached. Pure logic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_LEFT = 64
"""Tokens that are left to evaluate at the end of speech, besides the user's words."""
LEAST_REUSED = 0.95
MOST_OF_THEIRS = 0.1
"""Of the other side's worst time to the first token, Sotto's worst takes at most so much."""


@dataclass(frozen=True)
class Measured:
    """What one turn cost."""

    name: str
    first_s: float
    """From the end of speech to the first token."""
    prompt_tokens: int
    reused_tokens: int
    words_tokens: int = 0
    """Of the prompt, the user's own words."""
    ahead_tokens: int = 0
    """Evaluated while the user spoke."""
    ahead_s: float = 0.0

    @property
    def left(self) -> int:
        """Tokens that were evaluated after the end of speech."""
        return self.prompt_tokens - self.reused_tokens

    @property
    def reuse(self) -> float:
        """The part of the prompt that was known when the user stopped speaking."""
        return self.reused_tokens / self.prompt_tokens if self.prompt_tokens else 0.0

    @property
    def known_before(self) -> float:
        """The part of the prompt that was known, or on disk, when the user began to speak."""
        return self.reuse - self.ahead_tokens / self.prompt_tokens if self.prompt_tokens else 0.0


THEIR_HEADING = f"{'':<34}{'prompt':>7}{'left':>6}{'words':>6}{'reuse':>8}{'first token':>13}"
HEADING = f"{THEIR_HEADING}   evaluated while the user spoke   known before"


def line(turn: Measured) -> str:
    """Return one of Sotto's turns as a line under HEADING."""
    ahead = f"{turn.ahead_tokens:6d} tokens in {turn.ahead_s:6.2f} s"
    return f"{their_line(turn)}   {ahead:<30}{turn.known_before:13.1%}"


def their_line(turn: Measured) -> str:
    """Return one of the other side's turns as a line under THEIR_HEADING."""
    tokens = f"{turn.prompt_tokens:7d}{turn.left:6d}{turn.words_tokens:6d}"
    return f"{turn.name:<34}{tokens}{turn.reuse:8.1%}{turn.first_s:11.3f} s"


def beside(ours: Sequence[Measured], others: Sequence[Sequence[Measured]], names: Sequence[str]) -> Iterable[str]:
    """Yield a line per turn with the times of both sides, and what the others reused."""
    yield f"{'time to the first token':<34}{'Sotto':>9}" + "".join(f"{name:>31}" for name in names)
    for number, mine in enumerate(ours):
        told = [
            f"{other.first_s:9.3f} s{other.left:6d} left{mine.first_s / other.first_s:9.3f}"
            for other in (each[number] for each in others)
        ]
        yield f"{mine.name:<34}{mine.first_s:7.3f} s" + "".join(told)


def missed(ours: Sequence[Measured], *, first: bool = False) -> Iterable[str]:
    """Yield what is missed of the goals for tokens; `first`: nothing had ever been evaluated before."""
    for turn in ours:
        if not first and turn.known_before <= LEAST_REUSED:
            yield f"{turn.name}: {turn.known_before:.1%} of the prompt is known before the user speaks"
        if turn.left > MOST_LEFT + turn.words_tokens:
            yield f"{turn.name}: {turn.left} tokens are left, of which {turn.words_tokens} are words"
        if turn.reuse <= LEAST_REUSED:
            yield f"{turn.name}: {turn.reuse:.1%} of the prompt is reused"


def too_slow(ours: Sequence[Measured], others: Sequence[Sequence[Measured]]) -> Iterable[str]:
    """Yield a line if Sotto's worst time is more than its share of the worst of the better other."""
    mine = max(turn.first_s for turn in ours)
    other = min(max(turn.first_s for turn in each) for each in others)
    if mine > MOST_OF_THEIRS * other:
        yield f"Sotto's worst is {mine:.3f} s, {mine / other:.2f} of the other's {other:.3f} s"
