"""What a question says: its words, what documents call them, and how much of them a passage has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.knowledge.asked import CODE, RELATED, Term, rarity, search_words, terms
from wyoming_servers.conversation.knowledge.synonyms import meanings
from wyoming_servers.conversation.knowledge.words import query_words, words_of


def words(question: str) -> list[str]:
    return [term.word for term in terms(question)]


def test_a_question_says_its_informative_words_once() -> None:
    assert words("what's the password of the guest wifi, the wifi?") == ["password", "guest", "wifi"]


def test_chinese_words_are_whole_and_without_the_pairs_across_their_borders() -> None:
    assert words("洗衣机的滤网多久清洗一次?") == ["洗衣机", "滤网", "清洗", "一次"]


def test_both_languages_may_be_in_one_question_in_their_order() -> None:
    assert words("洗衣机报Er2是什么毛病") == ["洗衣机", "报", "er2", "毛病"]


@pytest.mark.parametrize(
    ("word", "is_code"), [("e24", True), ("dw640", True), ("24", False), ("5kg", False), ("dish", False)]
)
def test_letters_and_digits_in_one_are_a_code_but_not_a_number_with_its_unit(word: str, is_code: bool) -> None:
    assert Term(word).is_code is is_code


def test_a_code_counts_more_in_a_search_and_a_related_word_less() -> None:
    found = search_words("what does E24 on the dryer say about the wlan")
    assert (found["e24"], found["wlan"], found["wireless"]) == (CODE, 1.0, RELATED)


def test_words_that_follow_each_other_can_mean_what_none_of_them_does() -> None:
    assert "dispos" in search_words("how do I get rid of it")
    assert "dispos" not in search_words("how do I get it rid")


def test_what_is_found_for_special_words_is_not_looked_for_by_general_ones() -> None:
    assert "bulki" in search_words("an old sofa")
    assert "sofa" not in search_words("it is bulky")


def test_chinese_words_have_others_too_also_in_traditional_characters() -> None:
    assert "断网" in search_words("家里上不了网了")
    assert search_words("洗衣機漏水") == search_words("洗衣机漏水")


def test_another_word_covers_a_term_in_part() -> None:
    (term,) = terms("bicycle")
    assert term.covered_by({"bicycl"}) == 1
    assert 0 < term.covered_by(set(words_of("the e-bike"))) < 1
    assert term.covered_by({"car"}) == 0


def test_a_chinese_word_is_covered_in_part_by_its_characters_beside_each_other() -> None:
    assert 0 < Term("排水管").covered_by({"排水", "水管"}) < 1
    assert Term("排水管").covered_by({"水", "排"}) == 0


def test_a_word_tells_the_less_the_more_passages_have_it() -> None:
    found = [rarity(frequency, 100) for frequency in (0, 1, 10, 50, 100)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 1
    assert found[-1] > 0


@given(st.text(max_size=60))
def test_anything_may_be_asked(question: str) -> None:
    assert set(query_words(question)) <= set(search_words(question))
    assert all(0 < count <= CODE for count in search_words(question).values())
    passage = set(words_of(question))
    assert all(0 <= term.covered_by(passage) <= 1 for term in terms(question))


def test_phrases_are_found_beside_the_words_in_them() -> None:
    assert {each.said for each in meanings("how do I do a jump start")} == {"jump start", "start"}
    assert {"冲"} <= {each.said for each in meanings("能用水冲吗")}
