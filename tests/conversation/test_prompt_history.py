from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.engine import Message, Role, ToolCall
from wyoming_servers.conversation.prompt.history import Conversations, SentMessages
from wyoming_servers.conversation.prompt.recent import LIMIT_S
from wyoming_servers.conversation.prompt.tail import Tail


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def exchange(words: str) -> list[Message]:
    return [Message(Role.USER, words), Message(Role.ASSISTANT, f"{words}!")]


ACTION = [
    Message(Role.USER, "light on"),
    Message(Role.ASSISTANT, calls=(ToolCall("HassTurnOn", {"name": "Lamp"}, "a"),)),
    Message(Role.TOOL, "OK", call_id="a"),
    Message(Role.ASSISTANT, "Done."),
]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_conversation_is_kept_as_it_was_sent(clock: Clock) -> None:
    conversations = Conversations(clock)
    conversations.add("a", ACTION)
    conversations.add("a", exchange("and the other"))
    assert conversations.messages("a") == (*ACTION, *exchange("and the other"))


def test_conversations_know_nothing_of_each_other(clock: Clock) -> None:
    conversations = Conversations(clock)
    conversations.add("a", ACTION)
    assert conversations.messages("b") == ()
    assert conversations.messages(None) == ()
    conversations.add(None, ACTION)
    conversations.add("", ACTION)
    assert conversations.messages(None) == conversations.messages("") == ()


def test_the_latest_conversation_is_the_one_in_which_somebody_spoke_last(clock: Clock) -> None:
    conversations = Conversations(clock)
    assert conversations.latest() == ()
    conversations.add("a", exchange("one"))
    conversations.add("b", exchange("two"))
    assert conversations.latest() == tuple(exchange("two"))
    conversations.add("a", exchange("three"))
    assert conversations.latest() == (*exchange("one"), *exchange("three"))
    clock.now += LIMIT_S + 1
    assert conversations.latest() == ()


def test_a_conversation_is_forgotten_five_minutes_after_its_last_turn(clock: Clock) -> None:
    conversations = Conversations(clock)
    conversations.add("a", exchange("one"))
    clock.now += LIMIT_S - 1
    conversations.add("a", exchange("two"))
    clock.now += LIMIT_S
    assert len(conversations.messages("a")) == 4
    clock.now += 1
    assert conversations.messages("a") == ()
    conversations.add("a", exchange("three"))
    assert conversations.messages("a") == tuple(exchange("three"))


def test_the_conversation_that_was_silent_longest_makes_room(clock: Clock) -> None:
    conversations = Conversations(clock, max_conversations=2)
    for name in ("a", "b", "a", "c"):
        clock.now += 1
        conversations.add(name, exchange(name))
    assert conversations.messages("b") == ()
    assert len(conversations.messages("a")) == 4
    assert len(conversations.messages("c")) == 2


def test_of_a_long_conversation_the_older_half_is_dropped_at_once(clock: Clock) -> None:
    conversations = Conversations(clock, max_exchanges=6)
    lengths = []
    for number in range(12):
        conversations.add("a", exchange(str(number)))
        lengths.append(len(conversations.messages("a")) // 2)
    assert lengths == [1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5, 6]
    assert conversations.messages("a")[0].content == "6"


@pytest.mark.parametrize(
    "broken",
    [
        [],
        ACTION[1:],
        ACTION[:-1],
        ACTION[:2],
        [ACTION[0], ACTION[1], ACTION[3]],
        [ACTION[0], ACTION[2], ACTION[3]],
        [*ACTION, *ACTION],
        [Message(Role.SYSTEM, "x"), *ACTION],
    ],
)
def test_what_is_no_whole_exchange_is_refused(clock: Clock, broken: list[Message]) -> None:
    conversations = Conversations(clock)
    with pytest.raises(ValueError, match="exchange"):
        conversations.add("a", broken)
    assert conversations.messages("a") == ()


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 400)), max_size=60),
    st.integers(1, 3),
    st.integers(1, 5),
)
def test_there_are_never_more_conversations_or_exchanges_than_are_allowed(
    turns: list[tuple[str, float]], most: int, longest: int
) -> None:
    clock = Clock()
    conversations = Conversations(clock, max_conversations=most, max_exchanges=longest)
    for name, pause in turns:
        clock.now += pause
        conversations.add(name, exchange(name))
        kept = [conversations.messages(each) for each in "abcd"]
        assert conversations.messages(name)
        assert sum(map(bool, kept)) <= most
        assert all(len(each) <= 2 * longest for each in kept)


class TestSentMessages:
    """What stood before a client's words is known again."""

    def test_words_are_found_as_they_were_sent(self, clock: Clock) -> None:
        sent = SentMessages(clock)
        sent.keep("a", ["[20:15]\nlight on", "[20:16]\nand off"])
        assert sent.recall("a", ["light on", "and off", "new"]) == ("[20:15]\nlight on", "[20:16]\nand off", None)
        assert sent.recall("b", ["light on"]) == (None,)
        assert sent.recall(None, ["light on"]) == (None,)

    def test_of_the_same_words_each_has_its_own_message_and_the_latest_the_latest(self, clock: Clock) -> None:
        sent = SentMessages(clock)
        sent.keep("a", ["[1]\nagain", "[2]\nagain", "[3]\nagain"])
        assert sent.recall("a", ["again", "again", "again"]) == ("[1]\nagain", "[2]\nagain", "[3]\nagain")
        assert sent.recall("a", ["again"]) == ("[3]\nagain",)

    def test_what_others_answered_in_between_is_not_known_and_moves_nothing(self, clock: Clock) -> None:
        sent = SentMessages(clock)
        sent.keep("a", ["[1]\none", "[3]\nthree"])
        assert sent.recall("a", ["one", "two", "three"]) == ("[1]\none", None, "[3]\nthree")
        assert sent.recall("a", ["three", "one"]) == (None, "[1]\none")

    def test_it_is_forgotten_with_the_conversation(self, clock: Clock) -> None:
        sent = SentMessages(clock)
        sent.keep("a", ["[1]\none"])
        clock.now += LIMIT_S + 1
        assert sent.recall("a", ["one"]) == (None,)

    @given(st.lists(st.sampled_from(["on", "off", "on [x]", "on\noff"]), max_size=8), st.data())
    def test_whatever_is_left_out_or_put_in_a_message_ends_with_its_words(
        self, words: list[str], data: st.DataObject
    ) -> None:
        sent = SentMessages(Clock())
        contents = [Tail(f"[{number}]").before(said) for number, said in enumerate(words)]
        sent.keep("a", contents)
        assert sent.recall("a", words) == tuple(contents)
        asked = data.draw(st.lists(st.sampled_from(["on", "off", "new"]), max_size=8))
        for said, content in zip(asked, sent.recall("a", asked), strict=True):
            assert content is None or content.rpartition("\n")[2] == said
