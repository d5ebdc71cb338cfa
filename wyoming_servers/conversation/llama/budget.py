"""Which exchanges of the history fit into the context. Pure logic."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import LimitExceededError

RESERVE = 8
"""At least an eighth of the context is reckoned for the last exchange, so that its length seldom moves the cut."""


def exchanges_to_drop(system: int, history: Sequence[int], last: int, answer: int, context: int) -> int:
    """Return how many of the oldest exchanges are left out.

    Args:
        system: Tokens before the first exchange.
        history: Tokens of each exchange but the last, oldest first.
        last: Tokens of the last exchange, which is being answered.
        answer: Tokens that the answer may take.
        context: Tokens that there is room for in all.

    The history is cut as if it had grown exchange by exchange: each time it does not fit it is cut to half its room.
    So the cut stays where it is for several turns, and the prompt before the user's words with it.
    Raises LimitExceededError if it does not fit without any history.
    """
    if system + last + answer > context:
        raise LimitExceededError(
            f"The prompt has {system + last:,} tokens and the answer may have {answer:,}; the model's context has "
            f"{context:,}.",
            remedy="Raise --llm-context, expose fewer entities or tools, or lower --llm-max-tokens.",
        )
    full = context - answer - system
    return first_kept(history, max(0, full - max(last, min(full, context // RESERVE))))


def first_kept(history: Sequence[int], room: int) -> int:
    """Return the index of the oldest exchange that is kept."""
    first, total = 0, 0
    for index, size in enumerate(history):
        total += size
        if total <= room:
            continue
        while first <= index and total > room // 2 and not (first == index and total <= room):
            total -= history[first]
            first += 1
    return first
