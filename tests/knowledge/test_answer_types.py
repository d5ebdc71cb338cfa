"""What a question asks for, whether a text has it, and what that is worth as evidence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.knowledge.answer_types import answer_types, asked_for, is_there
from wyoming_servers.conversation.knowledge.asked import Term
from wyoming_servers.conversation.knowledge.document import Document, Found, Kind, Passage
from wyoming_servers.conversation.knowledge.fitting import Fit, fit_of
from wyoming_servers.conversation.knowledge.weighing import Asked

DOCUMENT = Document("d", "hut.txt", "The hut", Kind.TEXT, "0" * 64, 1, datetime(2026, 11, 20, tzinfo=UTC))
KINDS = {kind.name: kind for kind in answer_types()}


def found(text: str) -> Found:
    return Found(Passage(text), DOCUMENT, 1, 1.0, 1.0)


def asked(*words: str) -> Asked:
    return Asked(tuple((Term(word), 1.0) for word in words))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What's the phone number of the plumber?", "phone"),
        ("what's the password of the guest network", "code"),
        ("how much is a new token", "money"),
        ("how loud is the drier", "loudness"),
        ("how hot must the milk be", "temperature"),
        ("how often do I clean the filter", "often"),
        ("how long does the short programme take", "duration"),
        ("what time does the bakery open", "time"),
        ("when do we plant the beans", "date"),
        ("how high should it hang", "length"),
        ("how many of them can be linked", "count"),
        ("who has a spare key", "person"),
        ("where is the fuse box", "place"),
        ("why is there a light on it", "reason"),
        ("how do I open the lid", "means"),
        ("can I wash it by hand", "whether"),
        ("when did we buy the kettle", "past"),
        ("物业的电话是多少", "phone"),
        ("无线密码是多少", "code"),
        ("补一张要多少钱", "money"),
        ("烤箱要几度", "temperature"),
        ("滤网多久洗一次", "often"),
        ("煮粥要多久", "duration"),
        ("几点开门", "time"),
        ("哪天收纸箱", "date"),
        ("门有多高", "length"),
        ("钥匙在谁那儿", "person"),
        ("说明书放哪儿了", "place"),
        ("灯为什么一直闪", "reason"),
        ("盖子怎么打开", "means"),
        ("洗衣机是哪一年买的", "past"),
    ],
)
def test_a_question_shows_what_it_asks_for(question: str, kind: str) -> None:
    asked_kind = asked_for(question)
    assert asked_kind is not None
    assert asked_kind.name == kind


@pytest.mark.parametrize(
    ("kind", "there", "absent"),
    [
        ("phone", "Call 0800 555 0164.", "Call us after 12."),
        ("money", "A token costs 2 euros.", "There are 2 tokens."),
        ("loudness", "It makes 44 dB.", "It takes 44 minutes."),
        ("temperature", "Set it to 5 degrees.", "Set it to 5."),
        ("duration", "It takes 3 hours 40.", "It is 40 cm wide."),
        ("time", "It opens at 6:30.", "It is 40 cm wide."),
        ("date", "Plant out after 15 May.", "It is 40 cm wide."),
        ("length", "Hedges may be 1.25 m high.", "Hedges may not be cut."),
        ("person", "Mrs Lindqvist has a key.", "The key hangs there."),
        ("money", "每张 25 欧。", "每张两份。"),
        ("duration", "蒸 8 分钟。", "蒸一条。"),
        ("often", "每三周洗一次。", "用水洗。"),
        ("person", "找林师傅。", "找不到。"),
    ],
)
def test_a_text_shows_whether_it_has_it(kind: str, there: str, absent: str) -> None:
    assert is_there(KINDS[kind], there)
    assert not is_there(KINDS[kind], absent)


def test_what_is_now_stands_in_no_text() -> None:
    kind = asked_for("how full is the tank right now")
    assert kind is not None
    assert not is_there(kind, "The tank is full right now: 100 percent, 8 litres.")


def test_a_passage_with_every_word_and_no_price_does_not_fit_who_asks_for_a_price() -> None:
    words = asked("hut", "mower")
    text = "The mower is in the hut. It takes petrol."
    assert fit_of("how much did we pay for the mower in the hut", words, [found(text)]).figure_absent == 1.0
    priced = fit_of("how much is the mower in the hut", words, [found(f"{text} The mower costs 300 euros.")])
    assert priced.figure_absent == 0.0
    assert priced.figure_found > 0.0


def test_what_is_asked_for_beside_something_else_is_missed() -> None:
    text = "The mower is loud. It is red. It is old. A key costs 2 euros."
    fit = fit_of("how much is the mower", asked("mower"), [found(text)])
    assert (fit.figure_found, fit.figure_missed, fit.figure_absent) == (0.0, 1.0, 0.0)


def test_of_what_nearly_any_text_has_something_the_place_is_what_counts() -> None:
    fit = fit_of("where is the mower", asked("mower"), [found("The mower stands behind the hut.")])
    assert fit == Fit(way_found=1.0)


@pytest.mark.parametrize("said", ["turn off the mower", "and when the owner paid for the mower he left"])
def test_what_asks_nothing_is_no_evidence(said: str) -> None:
    assert fit_of(said, asked("mower"), [found("The mower costs 300 euros.")]) == Fit()


@given(st.text(max_size=60), st.text(max_size=200))
def test_whatever_is_said_and_found_each_is_a_part(said: str, text: str) -> None:
    fit = fit_of(said, asked("mower", "hut"), [found(text)])
    numbers = (fit.figure_found, fit.figure_missed, fit.figure_absent, fit.way_found, fit.way_missed)
    assert all(0 <= number <= 1 for number in numbers)
