"""What is PostgreSQL's own: outages, rights, its disk, its words, and pgvector; against a real server."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.knowledge.documents import document, household, passages
from tests.knowledge.postgres_server import PostgresServer, postgres
from wyoming_servers.conversation.knowledge import meaning, postgres_database, postgres_vectors
from wyoming_servers.conversation.knowledge import words as wording
from wyoming_servers.conversation.knowledge.bm25 import Wanted
from wyoming_servers.conversation.knowledge.dense import FaissIndex
from wyoming_servers.conversation.knowledge.errors import StorageFullError, StoreError
from wyoming_servers.conversation.knowledge.indexing import Indexed
from wyoming_servers.conversation.knowledge.making import make_library
from wyoming_servers.conversation.knowledge.postgres_store import PostgresStore
from wyoming_servers.conversation.knowledge.postgres_vectors import PostgresVectors
from wyoming_servers.conversation.knowledge.postgres_words import LONGEST, kept, lexeme, read, vector
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.conversation.knowledge.store import Store, Vector
from wyoming_servers.conversation.knowledge.words import query_words
from wyoming_servers.errors import SettingsError
from wyoming_servers.settings import build

__all__ = ["postgres"]

SECRET = "s3cret"


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.empty_database()


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(url)) as store:
        store.open()
        yield store


def ask(url: str, statement: str) -> None:
    """Do something to the database as somebody else."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


# --- Ranking ---------------------------------------------------------------------------------------------------------


def test_a_households_questions_are_answered_as_from_sqlite(store: PostgresStore, tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "knowledge.db")) as other:
        other.open()
        stores: tuple[Store, Store] = (store, other)
        for each in stores:
            each.add(document("notes"), passages(*household()))
        for questions in household().values():
            for question in questions:
                ours, theirs = (each.lexical(query_words(question), 10) for each in stores)
                assert [hit.passage_id for hit in ours] == [hit.passage_id for hit in theirs]
                assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs])


def test_of_more_passages_than_are_ranked_those_with_rare_words_are_among_them(store: PostgresStore) -> None:
    others = ["the drain hose is long and wide"] * 400
    store.add(document("a"), passages(*others[:200], "the drain hose is kinked", *others[200:]))
    hits = store.lexical(query_words("is the drain hose kinked"), 3)
    assert hits[0].passage_id == 201
    assert len(store.having(Wanted(("drain", "hose")), 50)) == 50


@pytest.mark.parametrize("word", ["x" * 5000, "门" * 1000, "a\x1bb", "it's", "a\\b", "a:b", "&", "!", "<->"])
def test_any_word_is_kept_and_found(store: PostgresStore, word: str) -> None:
    store.add(document("a"), passages("near"))
    with store.database.writing() as connection:
        connection.execute(
            "UPDATE sotto.passages SET words = %s, terms = %s::tsvector", (word, vector(Indexed(word, "")))
        )
        connection.execute("INSERT INTO sotto.frequency VALUES (%s, 1)", (lexeme(word),))
    assert [hit.passage_id for hit in store.lexical([word], 5)] == [1]


@given(st.text(st.sampled_from("a0\0\x1b'\\門 ")))
def test_what_postgresql_cannot_keep_comes_back(text: str) -> None:
    assert "\0" not in kept(text)
    assert read(kept(text)) == text
    assert len(lexeme(text)) <= max(LONGEST, 64)


def test_words_of_another_version_are_made_anew(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(PostgresStore(url)) as store:
        store.open()
        store.add(document("a", "Manual"), passages("drain hose", "bins"))
        store.add(document("b"), passages("drain"))
    monkeypatch.setattr(wording, "version", lambda: "another")
    with closing(PostgresStore(url)) as store:
        ask(url, "UPDATE sotto.passages SET terms = '', words = ''")
        ask(url, "UPDATE sotto.frequency SET passages = 77")
        store.open()
        assert [hit.passage_id for hit in store.lexical(["hose"], 5)] == [1]
        assert store.document_frequency(["drain", "manual", "bin"]) == {"drain": 2, "manual": 2, "bin": 1}


# --- Several at once -------------------------------------------------------------------------------------------------


def test_two_sottos_write_to_one_database(url: str) -> None:
    stores = [PostgresStore(url) for _ in range(2)]
    for store in stores:
        store.open()
    assert stores[0].identity == stores[1].identity

    def write(store: PostgresStore, name: str) -> None:
        for number in range(15):
            store.add(document(f"{name}{number % 5}", content=f"{name}{number}"), passages("drain hose", "hose"))

    threads = [threading.Thread(target=write, args=(store, name)) for store, name in zip(stores, "ab", strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        assert store.counts().passages == 20
        assert store.document_frequency(["drain", "hose"]) == {"drain": 10, "hose": 20}
        assert store.corpus().passages == 20
        store.close()


# --- Outages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_server_that_goes_away_is_told_and_used_again_when_it_is_back(
    postgres: PostgresServer, store: PostgresStore, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.database._pool, "timeout", 0.3)
    store.add(document("a"), passages("drain"))
    postgres.stop(how)
    try:
        for _ in range(2):
            with pytest.raises(StoreError, match="cannot be reached") as caught:
                store.documents()
            assert SECRET not in str(caught.value)
        with pytest.raises(StoreError, match="cannot be reached"):
            store.add(document("b"), passages("hose"))
    finally:
        postgres.start()
    monkeypatch.setattr(store.database._pool, "timeout", 20)
    assert [each.document_id for each in store.documents()] == ["a"]
    store.add(document("b"), passages("hose"))
    assert len(store.documents()) == 2


def test_a_connection_that_breaks_in_the_middle_changes_nothing(url: str, store: PostgresStore) -> None:
    store.add(document("a"), passages("old"))
    failures: list[StoreError] = []

    def add() -> None:
        try:
            store.add(document("a"), passages("new", "newer"))
        except StoreError as err:
            failures.append(err)

    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (postgres_database._LOCK,))
        adding = threading.Thread(target=add)
        adding.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'sotto'"
        while not (found := other.execute(waiting.encode()).fetchall()):
            other.execute("SELECT pg_stat_clear_snapshot()")
        other.execute("SELECT pg_terminate_backend(%s)", found[0])
        adding.join()
    assert len(failures) == 1
    assert [hit.passage_id for hit in store.lexical(["old"], 5)] == [1]
    assert store.lexical(["new"], 5) == []
    store.add(document("a"), passages("new"))
    assert len(store.lexical(["new"], 5)) == 1


def test_a_full_disk_is_told_and_changes_nothing(url: str, store: PostgresStore) -> None:
    store.add(document("a"), passages("old"))
    version = store.version()
    ask(url, "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'private' USING"
             " ERRCODE = 'disk_full'; END $$")  # fmt: skip
    ask(url, "CREATE TRIGGER full_disk BEFORE INSERT ON sotto.passages EXECUTE FUNCTION full_disk()")
    with pytest.raises(StorageFullError, match="takes nothing more") as caught:
        store.add(document("a"), passages("new"))
    assert caught.value.code == "storage-full"
    assert "private" not in str(caught.value)
    assert store.version() == version
    assert len(store.lexical(["old"], 5)) == 1
    assert store.document_frequency(["old", "new"]) == {"old": 1}


def test_what_else_fails_is_told_without_what_is_kept(url: str, store: PostgresStore) -> None:
    ask(url, "ALTER TABLE sotto.passages ADD CHECK (text != 'xylophone')")
    with pytest.raises(StoreError, match="CheckViolation") as caught:
        store.add(document("a"), passages("xylophone"))
    assert "xylophone" not in str(caught.value)


# --- At the start ----------------------------------------------------------------------------------------------------


def refused(url: str) -> StoreError:
    store = PostgresStore(url)
    with pytest.raises(StoreError) as caught:
        store.open()
    store.close()
    assert SECRET not in str(caught.value)
    assert caught.value.remedy
    return caught.value


def test_a_database_that_is_not_there_is_told(postgres: PostgresServer) -> None:
    error = refused(postgres.url("nothing"))
    assert error.message == "The server of the database nothing on 127.0.0.1 refuses the connection."
    error = refused(f"postgresql://sotto:{SECRET}@127.0.0.1:1/household")
    assert error.message == "The database household on 127.0.0.1 cannot be reached."
    assert "SOTTO_KNOWLEDGE_DATABASE" in error.remedy


def test_a_user_without_rights_is_told_what_the_administrator_can_do(postgres: PostgresServer, url: str) -> None:
    ask(url, "DROP EXTENSION IF EXISTS vector CASCADE")
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'guest'").fetchall():
            connection.execute("CREATE ROLE guest LOGIN")
    error = refused(url.replace("sotto:", "guest:", 1))
    assert "does not let the user create" in error.message
    assert "GRANT CREATE" in error.remedy


def test_a_look_tells_what_is_there_and_changes_nothing(url: str) -> None:
    database = postgres_database.Database(url)
    assert re.fullmatch(r"PostgreSQL \d+\.\d+, pgvector \d+\.\d+\.\d+", database.look())
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'sotto'").fetchall() == []


def test_a_database_of_a_newer_version_is_left_alone(url: str) -> None:
    with closing(PostgresStore(url)) as store:
        store.open()
    ask(url, "INSERT INTO sotto.migrations VALUES (99)")
    assert "newer version" in refused(url).message


@pytest.mark.parametrize("address", ["", "mysql://host/name", "postgresql://[", "/var/lib", "host=here", "s3cret"])
def test_what_is_no_address_is_told_without_showing_it(address: str) -> None:
    with pytest.raises(SettingsError, match="SOTTO_KNOWLEDGE_DATABASE is no address") as caught:
        PostgresStore(address)
    assert SECRET not in str(caught.value)


def test_the_password_is_in_no_log(url: str, postgres: PostgresServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with closing(PostgresStore(url)) as store:
        store.open()
        store.add(document("a"), passages("xylophone"))
    refused(postgres.url("nothing"))
    assert SECRET not in caplog.text
    assert "xylophone" not in caplog.text


# --- pgvector --------------------------------------------------------------------------------------------------------

DIMENSIONS = 8


def vector_of(passage_id: int) -> Vector:
    found = np.random.default_rng(passage_id).standard_normal(DIMENSIONS).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found), np.float32)


def fill(store: Store, count: int) -> None:
    store.add(document("a"), passages(*["text"] * count))
    store.put_embeddings("x", [(each, vector_of(each)) for each in range(1, count + 1)])


def index_names(store: PostgresStore) -> set[str]:
    return {name for (name,) in store.database.rows("SELECT indexname FROM pg_indexes WHERE indexname ~ 'near'")}


@pytest.mark.parametrize("many", [50, 5_000])
def test_the_database_finds_the_same_nearest_as_faiss(
    store: PostgresStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(postgres_vectors, "MANY", many)
    fill(store, 200)
    here, there = FaissIndex(tmp_path, store, "x", DIMENSIONS), PostgresVectors(store.database, "x", DIMENSIONS)
    here.follow()
    there.follow()
    there.save()
    there.save()
    assert len(index_names(store)) == (1 if many == 50 else 0)
    for number in range(1, 200, 20):
        question = vector_of(number)
        ours, theirs = there.search(question, 5), here.search(question, 5)
        assert [hit.passage_id for hit in ours] == [hit.passage_id for hit in theirs]
        assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs], abs=0.002)
        assert there.cosines(question, [number, 999]) == pytest.approx({number: 1.0}, abs=1e-5)


def test_vectors_follow_their_passages_without_being_told(store: PostgresStore) -> None:
    fill(store, 10)
    index = PostgresVectors(store.database, "x", DIMENSIONS)
    assert len(index.search(vector_of(1), 50)) == 10
    store.remove("a")
    assert index.search(vector_of(1), 50) == []
    assert PostgresVectors(store.database, "y", DIMENSIONS).search(vector_of(1), 50) == []


def test_an_embedder_that_is_dropped_takes_its_index_along(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_vectors, "MANY", 1)
    fill(store, 10)
    PostgresVectors(store.database, "x", DIMENSIONS).save()
    assert len(index_names(store)) == 1
    store.drop_embeddings(except_embedder="y")
    assert index_names(store) == set()


def test_a_document_with_its_moment_comes_back_as_it_was(store: PostgresStore) -> None:
    new = replace(document("a"), warnings=("page 3 is a picture",), source="/docs/a.pdf")
    assert store.add(new, passages("x")).added == store.documents()[0].added
    assert store.documents()[0].added.utcoffset() is not None


# --- In a library ----------------------------------------------------------------------------------------------------


async def test_a_library_keeps_and_finds_its_documents_there(
    url: str, tmp_path: Path, embedding_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_failed(*_: object) -> frozenset[str]:
        return frozenset()

    monkeypatch.setattr(meaning, "failed", nothing_failed)  # the model was never trained
    given_settings = {
        "data_dir": tmp_path,
        "knowledge_database": url,
        "knowledge_dir": embedding_models,
        "knowledge_model": "nano",
    }
    library = await asyncio.to_thread(make_library, build(given_settings))
    note = tmp_path / "note.txt"
    await asyncio.to_thread(note.write_text, "The drain hose of the dishwasher is behind the plinth.")
    await library.start()
    try:
        added = await library.add(note, "note.txt")
        await library.settled()
        (found,) = await library.search("where is the drain hose")
        assert found.document == added.document
        assert found.bm25 is not None
        assert found.cosine is not None
    finally:
        await library.stop()
    assert not (tmp_path / "knowledge" / "knowledge.db").exists()
