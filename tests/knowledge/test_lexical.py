"""A household's questions find their passages by words alone."""

from __future__ import annotations

from tests.knowledge.documents import document, household, passages
from tests.knowledge.stores import new_store, postgres, store
from wyoming_servers.conversation.knowledge.bm25 import LOOKED_AT, Corpus, rank, wanted
from wyoming_servers.conversation.knowledge.indexing import Indexed, indexed
from wyoming_servers.conversation.knowledge.store import Store
from wyoming_servers.conversation.knowledge.words import query_words

__all__ = ["new_store", "postgres", "store"]


def test_the_right_passage_is_among_the_first_three(store: Store) -> None:
    store.add(document("notes"), passages(*household()))
    texts = {each: passage.text for each, (passage, _) in store.passages(range(1, 1000)).items()}
    asked = [(question, passage) for passage, questions in household().items() for question in questions]
    missed = [
        question
        for question, passage in asked
        if passage not in [texts[hit.passage_id] for hit in store.lexical(query_words(question), 3)]
    ]
    assert len(asked) > 70
    assert len(missed) <= 0.03 * len(asked), missed


def test_a_document_is_found_by_its_title_its_name_and_its_headings(store: Store) -> None:
    store.add(document("x1", "Manual of the Dishwasher"), passages("E24 is a drain fault.", headings=["Errors"]))
    store.add(document("x2", "Manual of the Dryer"), passages("E24 is a blocked filter.", headings=["Trouble"]))
    for question, first in (("dishwasher E24", 1), ("E24 of the dryer", 2), ("E24 x2", 2), ("in trouble", 2)):
        assert store.lexical(query_words(question), 5)[0].passage_id == first


def test_all_words_count_that_are_not_too_frequent() -> None:
    corpus = Corpus(passages=50_000, words=5_000_000)
    asked = wanted({"rare": 3, "some": 900, "many": 20_000, "most": 30_000}, corpus)
    assert asked.words == ("rare", "some")
    assert wanted({"many": 4_000, "more": 6_000, "most": 7_000}, corpus).pairs == (("more", "most"),)


def test_the_rarest_word_is_looked_for_if_all_are_frequent() -> None:
    assert wanted({"most": 40_000}, Corpus(50_000, 1)).words == ("most",)
    assert wanted({"most": 40_000, "all": 50_000}, Corpus(50_000, 1)).words == ("most",)


def test_a_small_household_is_ranked_by_all_words() -> None:
    frequency = dict.fromkeys("abcde", LOOKED_AT // 5)
    assert wanted(frequency, Corpus(LOOKED_AT, 1)).words == tuple("abcde")


def test_more_of_the_words_rarer_words_and_shorter_passages_come_first() -> None:
    rows = {
        1: Indexed("drain hose", ""),
        2: Indexed("drain hose filter clean often", ""),
        3: Indexed("drain drain", ""),
        4: Indexed("nothing", ""),
        5: Indexed("hose", ""),
    }
    frequency = {"drain": 3, "hose": 3, "filter": 1}
    hits = rank(rows.items(), frequency, Corpus(5, 11))
    assert [hit.passage_id for hit in hits] == [2, 1, 3, 5]
    assert hits[0].score > hits[1].score > 0


def test_of_a_passage_what_is_around_it_is_indexed_once() -> None:
    (row,) = indexed(document("dryer", "Dryer"), passages("hot", headings=["Dryer", "Care"]))
    assert row == Indexed("hot", "dryer care")
