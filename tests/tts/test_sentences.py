from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.tts.sentences import FIRST_WEIGHT, MAX_WEIGHT, SentenceSplitter, weight


def split(*deltas: str) -> list[str]:
    splitter = SentenceSplitter()
    pieces = [piece for delta in deltas for piece in splitter.feed(delta)]
    return pieces + splitter.flush()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello. How are you? Fine! Good.", ["Hello.", "How are you?", "Fine!", "Good."]),
        ("ok. done. next.", ["ok.", "done.", "next."]),
        ("Done! 21 degrees.", ["Done!", "21 degrees."]),
        ("It is 21.5 degrees at 7:30. Warm.", ["It is 21.5 degrees at 7:30.", "Warm."]),
        (
            "Dr. No, e.g. in the U.S. in May. Fine.",
            ["Dr. No, e.g. in the U.S. in May.", "Fine."],
        ),
        ("J. R. Smith called. Answer?", ["J. R. Smith called.", "Answer?"]),
        ("Well... maybe… not. Yes… No", ["Well... maybe… not.", "Yes…", "No"]),
        ('He said "Done." Then he left.', ['He said "Done."', "Then he left."]),
        ("**Done.** *Next one.* Last", ["**Done.**", "*Next one.*", "Last"]),
        ("See https://a.io/b.c?d=1. Next", ["See https://a.io/b.c?d=1.", "Next"]),
        ("1. First\n2. Second", ["1. First", "2. Second"]),
        ("# Title\nText\n\n- one\n- two", ["# Title", "Text", "- one", "- two"]),
        ("Am 3. Mai kommt z.B. Anna. Sie bleibt.", ["Am 3. Mai kommt z.B. Anna.", "Sie bleibt."]),
        ("It is 21. The window is open.", ["It is 21.", "The window is open."]),
        (
            "Freitag, 20. November. Am 21. november. Im 2. Stock.",
            ["Freitag, 20. November.", "Am 21. november.", "Im 2. Stock."],
        ),
        ("It was 2025. then 19. Good.", ["It was 2025.", "then 19.", "Good."]),
        ("灯已打开。还有吗？好的！", ["灯已打开。", "还有吗？", "好的！"]),  # noqa: RUF001
        ("好吗?我去。", ["好吗?", "我去。"]),
        ("第一；第二。", ["第一；", "第二。"]),  # noqa: RUF001
        ("今天21.5度。明天呢", ["今天21.5度。", "明天呢"]),
        ("क्या हुआ? ठीक है। अच्छा।", ["क्या हुआ?", "ठीक है।", "अच्छा।"]),
        ("مرحبا. كيف حالك؟ جيد.", ["مرحبا.", "كيف حالك؟", "جيد."]),
        ("", []),
        ("  \n \t ", []),
        ("no end", ["no end"]),
    ],
)
def test_sentences_end_where_a_reader_would_pause(text: str, pieces: list[str]) -> None:
    assert split(text) == pieces


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("The light is on. ", ["The light is on."]),
        ("Is it on?  ", ["Is it on?"]),
        ("It is 21. ", ["It is 21."]),
        ("The light is on.", []),
        ("It was Dr. ", []),
        ("1. ", []),
        ("The light is ", []),
        ("Well, then: ", []),
    ],
)
def test_at_a_pause_a_whole_sentence_is_ready(text: str, piece: list[str]) -> None:
    splitter = SentenceSplitter()
    assert splitter.feed(text) == []
    assert splitter.pause() == piece
    assert splitter.feed("Next") + splitter.flush() == (["Next"] if piece else [f"{text}Next".strip()])


def test_a_sentence_is_ready_as_soon_as_the_next_one_begins() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("The light is on. ") == []
    assert splitter.feed("It") == ["The light is on."]


def test_a_chinese_sentence_is_ready_with_its_full_stop() -> None:
    assert SentenceSplitter().feed("灯已打开。") == ["灯已打开。"]


def test_a_long_first_sentence_begins_with_its_first_clause() -> None:
    text = "I turned on the light in the kitchen, then closed the blinds in the bedroom, as you asked. Good night."
    assert split(text) == [
        "I turned on the light in the kitchen,",
        "then closed the blinds in the bedroom, as you asked.",
        "Good night.",
    ]


def test_a_short_first_sentence_stays_whole() -> None:
    assert split("Okay, the light is on. Good night.") == ["Okay, the light is on.", "Good night."]


def test_a_first_clause_of_one_word_is_not_worth_a_piece() -> None:
    text = "Sure, I turned on all of the lights in the kitchen and the living room, and the heater. Done."
    assert split(text)[0] == "Sure, I turned on all of the lights in the kitchen and the living room,"


def test_only_the_first_sentence_is_cut_early() -> None:
    long = "then I closed the blinds in the bedroom, the bathroom and the hall."
    assert split(f"Good. {long}") == ["Good.", long]


def test_a_long_chinese_sentence_is_cut_at_its_clauses() -> None:
    text = "我已经打开了客厅的灯，关闭了卧室的窗帘，并且把空调的温度调到了二十四度，另外热水器也已经开始加热了，大约半小时以后就可以洗澡，祝您晚安。"  # noqa: E501, RUF001
    pieces = split(text)
    assert pieces[0] == "我已经打开了客厅的灯，"  # noqa: RUF001
    assert len(pieces) == 3
    assert all(piece[-1] in "，。" for piece in pieces)  # noqa: RUF001


def test_a_text_without_any_marks_is_cut_at_spaces() -> None:
    pieces = split("word " * 200)
    assert all(weight(piece) <= MAX_WEIGHT for piece in pieces)
    assert all(set(piece.split()) == {"word"} for piece in pieces)


def test_a_word_without_end_is_cut_all_the_same() -> None:
    assert all(len(piece) <= MAX_WEIGHT + 1 for piece in split("x" * 2000))


def test_the_splitter_is_fresh_after_flush() -> None:
    splitter = SentenceSplitter()
    splitter.feed("Half a sen")
    splitter.flush()
    long = "I turned on the light in the kitchen, then closed the blinds in the bedroom, as you asked."
    assert splitter.feed(long)[0].endswith("kitchen,")
    assert weight(long) > FIRST_WEIGHT


TEXTS = st.lists(
    st.one_of(
        st.sampled_from(["Mr. ", ". ", "? ", "。", "，", ", ", "…", "\n", "1. ", '"', "**", "21.5", " ", "e.g. "]),  # noqa: RUF001
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        st.sampled_from(["the kitchen light", "厨房的灯已经打开", "https://a.b/c", "x" * 100]),
    ),
    max_size=30,
).map("".join)


@given(TEXTS)
def test_pieces_say_everything_in_order(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())


@given(TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=50))
def test_pieces_do_not_depend_on_how_the_text_arrives(text: str, sizes: list[int]) -> None:
    deltas, position = [], 0
    for size in sizes:
        deltas.append(text[position : position + size])
        position += size
    assert split(*deltas, text[position:]) == split(text)


@given(TEXTS)
def test_no_piece_is_empty_or_much_too_long(text: str) -> None:
    for piece in split(text):
        assert piece.strip() == piece != ""
        assert weight(piece) <= MAX_WEIGHT + 3
