"""What is left out of a history that is too long. Pure logic."""

from __future__ import annotations

from ..engine import Message, Role


def without_oldest_half(messages: tuple[Message, ...], stable: int = 0) -> tuple[Message, ...] | None:
    """Return the messages without the oldest half of the exchanges, at least one; None if there is no history.

    What a system says at the beginning and the first `stable` messages stay, and so does everything from the last user
    message on.
    """
    first = next((at for at, message in enumerate(messages) if message.role is not Role.SYSTEM), len(messages))
    first = max(first, stable)
    users = [at for at, message in enumerate(messages) if message.role is Role.USER and at >= first]
    if not users or users[-1] == first:
        return None
    begins = sorted({first, *users})  # of exchanges; the last of them is the one that is being answered
    return messages[:first] + messages[begins[len(begins) // 2] :]


def up_to_the_user(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the messages up to what is known of the user's next one, which is nothing where there is none."""
    known = messages and messages[-1].role is Role.USER
    return messages if known else (*messages, Message(Role.USER))
