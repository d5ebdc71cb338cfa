"""The store keeps what it acknowledged: as a dictionary would, from several threads, whatever the words are."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.knowledge.documents import document, passages
from tests.knowledge.stores import NewStore, OpenStore, new_store, postgres, store
from wyoming_servers.conversation.knowledge.document import Document, Kind, Passage
from wyoming_servers.conversation.knowledge.store import Example, Store
from wyoming_servers.conversation.knowledge.words import query_words

__all__ = ["new_store", "postgres", "store"]

IDS = st.sampled_from(["a", "b", "c"])
TEXTS = st.lists(st.text(st.sampled_from("ab c24-\"'*门水"), min_size=1), max_size=4)


class AsADictionary(RuleBasedStateMachine):
    """Whatever is added and removed, in whatever order, and with the store opened anew in between."""

    def __init__(self, opened: OpenStore) -> None:
        super().__init__()
        self.opened = opened
        self.store = opened()
        self.model: dict[str, tuple[Document, list[Passage]]] = {}
        self.versions = {self.store.version()}

    @rule(document_id=IDS, texts=TEXTS)
    def add(self, document_id: str, texts: list[str]) -> None:
        new, pieces = document(document_id, content=str(texts)), passages(*texts)
        assert self.store.add(new, pieces) == replace(new, passages=len(texts))
        self.model.pop(document_id, None)
        self.model[document_id] = (replace(new, passages=len(texts)), pieces)
        self.changed()

    @rule(document_id=IDS)
    def remove(self, document_id: str) -> None:
        was_there = self.model.pop(document_id, None) is not None
        assert self.store.remove(document_id) is was_there
        if was_there:
            self.changed()

    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = self.opened()

    def changed(self) -> None:
        assert self.store.version() not in self.versions
        self.versions.add(self.store.version())

    @invariant()
    def it_holds_what_the_dictionary_holds(self) -> None:
        documents = [each for each, _ in self.model.values()]
        assert self.store.documents() == documents
        for each in documents:
            assert self.store.document(each.document_id) == each
            assert self.store.by_hash(each.sha256) in documents
        assert self.store.document("none") is None
        kept = self.store.passages(range(10_000))
        expected = [(passage, each) for each, pieces in self.model.values() for passage in pieces]
        assert sorted(kept.values(), key=str) == sorted(expected, key=str)
        counts = self.store.counts()
        assert (counts.documents, counts.passages) == (len(documents), len(expected))

    @invariant()
    def it_finds_each_passage_by_its_words_and_no_other(self) -> None:
        kept = self.store.passages(range(10_000))
        for word in ("a", "门", "24", "c24"):
            found = {hit.passage_id for hit in self.store.lexical([word], 100)}
            assert found == {each for each, row in self.store.indexed(kept) if word in row.text.split(" ")}
            assert self.store.document_frequency([word]) == ({word: len(found)} if found else {})

    def teardown(self) -> None:
        self.store.close()


def test_it_holds_and_finds_what_a_dictionary_would(new_store: NewStore) -> None:
    class OfThisKind(AsADictionary):
        def __init__(self) -> None:
            super().__init__(new_store())

    run_state_machine_as_test(OfThisKind, settings=settings(max_examples=15, stateful_step_count=20, deadline=None))


def test_everything_of_a_document_and_its_passages_is_kept(store: Store) -> None:
    new = replace(
        document("a", "Titel \u201cA\u201d"), kind=Kind.QUESTIONS, source="/docs/a.pdf", warnings=("page 3", "x")
    )
    passage = Passage("text\n\x00 end", ("One", "Two"), 12, 7, "why?")
    store.add(new, [passage])
    assert store.documents() == [replace(new, passages=1)]
    assert store.passages([1]) == {1: (passage, replace(new, passages=1))}


@pytest.mark.parametrize(
    "word",
    ['"', '""', "*", "a*", "NEAR", "AND", "OR", "NOT", "a b", "(", ")", "-a", "^a", "text:a", "a'b", "{", "\\", ""],
)
def test_no_word_is_taken_for_the_language_of_the_index(store: Store, word: str) -> None:
    store.add(document("a"), passages("and or not near a b text"))
    hits = store.lexical([word, "near"], 10)
    assert [hit.passage_id for hit in hits] == [1]


def test_an_id_of_a_passage_is_never_given_twice(store: Store) -> None:
    store.add(document("a"), passages("one", "two"))
    store.remove("a")
    store.add(document("b"), passages("three"))
    assert set(store.passages(range(10))) == {3}


def test_a_document_is_not_there_before_all_of_it_is_prepared(store: Store) -> None:
    store.add(document("a"), passages("old"))

    def told(prepared: int) -> None:
        assert [hit.passage_id for hit in store.lexical(["old"], 5)] == [1]
        if prepared == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add(document("a"), passages("new", "newer", "newest"), told)
    assert store.lexical(["new"], 5) == []
    assert store.lexical(["old"], 5) != []


def test_questions_are_answered_while_documents_come_and_go(store: Store) -> None:
    """Every answer is of one moment: a document is there with all its passages, or not at all."""
    store.add(document("always"), passages("drain hose"))
    done = threading.Event()
    wrong: list[object] = []

    def ask() -> None:
        while not done.is_set():
            words = query_words("the drain hose")
            with store.moment():
                ids = list(store.score(words, range(10_000)))
                found = [each.document_id for _, each in store.passages(ids).values()]
            if not store.lexical(words, 50):
                wrong.append("nothing was found")
            if found.count("always") != 1 or found.count("comes") not in {0, 20}:
                wrong.append(found)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(30):
        store.add(document("comes", content=str(number)), passages(*["drain hose"] * 20))
        store.remove("comes")
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_vectors_are_kept_by_embedder_and_go_with_their_passages(store: Store) -> None:
    store.add(document("a", "Manual"), passages("one", "two", headings=["Care"]))
    assert store.without_embedding("x", 10) == [(1, "Manual\nCare\none"), (2, "Manual\nCare\ntwo")]
    assert store.without_embedding("x", 1) == [(1, "Manual\nCare\none")]
    vectors = np.array([[0.6, 0.8], [1.0, 0.0], [0.0, 1.0]], np.float32)
    store.put_embeddings("x", [(1, vectors[0]), (2, vectors[1]), (99, vectors[2])])
    store.put_embeddings("y", [(1, vectors[2])])
    assert store.without_embedding("x", 10) == []
    assert [each for each, _ in store.without_embedding("y", 10)] == [2]
    assert store.embedded("x").tolist() == [1, 2]
    assert {each: vector.tolist() for each, vector in store.embeddings("x")} == {
        1: vectors[0].tolist(),
        2: vectors[1].tolist(),
    }
    assert [each for each, _ in store.embeddings("x", [2, 3])] == [2]
    assert store.counts().embedded == {"x": 2, "y": 1}
    store.drop_embeddings(except_embedder="x")
    assert store.counts().embedded == {"x": 2}
    store.remove("a")
    assert store.embedded("x").size == 0


def test_examples_and_the_report_are_kept(store: Store) -> None:
    assert store.examples() == []
    assert store.report() is None
    store.add_example("what is that", wanted=True)
    store.add_example("good evening", wanted=False)
    store.add_example("what is that", wanted=False)
    assert store.examples() == [Example("good evening", wanted=False), Example("what is that", wanted=False)]
    assert store.remove_example("good evening")
    assert not store.remove_example("good evening")
    assert store.examples() == [Example("what is that", wanted=False)]
    store.keep_report('{"a": 1}')
    store.keep_report('{"a": 2}')
    assert store.report() == '{"a": 2}'


def test_a_store_knows_itself_again(new_store: NewStore) -> None:
    def identity(opened: OpenStore) -> str:
        with closing(opened()) as store:
            return store.identity

    one, other = new_store(), new_store()
    assert identity(one) == identity(one) != identity(other)
