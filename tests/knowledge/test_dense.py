"""The index of vectors follows the store, whatever becomes of its file; and rankings are fused by their places."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.knowledge.documents import document, passages
from wyoming_servers.conversation.knowledge.dense import FaissIndex
from wyoming_servers.conversation.knowledge.fusion import fuse
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.conversation.knowledge.store import Vector

DIMENSIONS = 8


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "knowledge.db")) as store:
        store.open()
        for name in ("a", "b"):
            add(store, name)
        yield store


def vector(passage_id: int) -> Vector:
    found = np.random.default_rng(passage_id).standard_normal(DIMENSIONS).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found), np.float32)


def add(store: SqliteStore, name: str, embedder: str = "x", count: int = 50) -> list[int]:
    """Add a document whose passages have vectors; return their ids."""
    store.add(document(name), passages(*[name] * count))
    ids = [each for each, _ in store.without_embedding(embedder, 10_000)]
    store.put_embeddings(embedder, [(each, vector(each)) for each in ids])
    return ids


def index_of(store: SqliteStore, folder: Path, embedder: str = "x") -> FaissIndex:
    index = FaissIndex(folder, store, embedder, DIMENSIONS)
    index.follow()
    return index


def finds(index: FaissIndex, ids: Sequence[int]) -> bool:
    """Whether each of these is nearest to its own vector, and all are there are."""
    nearest = [index.search(vector(each), 1)[0].passage_id for each in ids]
    return nearest == list(ids) and len(index.search(vector(1), 1000)) == len(ids)


ALL = range(1, 101)


def test_the_nearest_comes_first_with_its_cosine(store: SqliteStore, tmp_path: Path) -> None:
    index = index_of(store, tmp_path)
    hits = index.search(vector(7), 100)
    exact = {each: float(vector(each) @ vector(7)) for each in ALL}
    assert [hit.passage_id for hit in hits][:5] == sorted(ALL, key=lambda each: -exact[each])[:5]
    assert all(abs(hit.score - exact[hit.passage_id]) < 0.002 for hit in hits)
    cosines = index.cosines(vector(7), [7, 8, 999])
    assert cosines == pytest.approx({7: 1.0, 8: exact[8]}, abs=0.002)


def test_it_follows_what_is_added_and_removed(store: SqliteStore, tmp_path: Path) -> None:
    index = index_of(store, tmp_path)
    assert finds(index, ALL)
    added = add(store, "c")
    store.remove("a")
    index.follow()
    index.follow()
    assert finds(index, [*range(51, 101), *added])


def test_a_passage_that_was_removed_is_no_hit_for_one_that_came_after(store: SqliteStore, tmp_path: Path) -> None:
    index = index_of(store, tmp_path)
    index.save()
    store.remove("b")
    added = add(store, "c")
    again = index_of(store, tmp_path)
    assert not set(added) & set(ALL)
    assert finds(again, [*range(1, 51), *added])


def test_the_file_is_read_again_and_brought_up_to_date(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_of(store, tmp_path).save()
    added = add(store, "c")
    read: list[int] = []
    embeddings = store.embeddings

    def counted(embedder: str, ids: Sequence[int] | None = None) -> Iterator[tuple[int, Vector]]:
        read.extend(ids or [])
        return embeddings(embedder, ids)

    monkeypatch.setattr(store, "embeddings", counted)
    assert finds(index_of(store, tmp_path), [*ALL, *added])
    assert read == added


@pytest.mark.parametrize("damage", ["deleted", "empty", "cut off", "a bit", "garbage"])
def test_a_file_that_is_damaged_or_gone_is_made_anew(store: SqliteStore, tmp_path: Path, damage: str) -> None:
    index_of(store, tmp_path).save()
    (path,) = tmp_path.glob("dense-*.faiss")
    data = path.read_bytes()
    flipped = data[:500] + bytes([data[500] ^ 1]) + data[501:]
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut off": data[:-100], "a bit": flipped, "garbage": b"\xff" * 5000}[damage])
    index = index_of(store, tmp_path)
    assert finds(index, ALL)
    index.save()
    assert path.read_bytes() == data


def test_the_file_of_another_store_or_embedder_is_not_used(store: SqliteStore, tmp_path: Path) -> None:
    index_of(store, tmp_path).save()
    assert index_of(store, tmp_path, embedder="y").search(vector(1), 10) == []
    with closing(SqliteStore(tmp_path / "other.db")) as other:
        other.open()
        index = index_of(other, tmp_path)
        assert index.search(vector(1), 10) == []
        index.save()
    assert finds(index_of(store, tmp_path), ALL)


def test_only_the_latest_file_is_left(store: SqliteStore, tmp_path: Path) -> None:
    index_of(store, tmp_path).save()
    store.put_embeddings("y", [(each, vector(each)) for each in ALL])
    index_of(store, tmp_path, embedder="y").save()
    assert len(list(tmp_path.glob("dense-*"))) == 1
    assert finds(index_of(store, tmp_path, embedder="y"), ALL)


def test_a_little_that_is_new_is_not_written(store: SqliteStore, tmp_path: Path) -> None:
    index = index_of(store, tmp_path)
    index.save()
    (path,) = tmp_path.glob("dense-*")
    before = path.read_bytes()
    added = add(store, "c", count=5)
    index.follow()
    index.save()
    assert path.read_bytes() == before
    assert finds(index_of(store, tmp_path), [*ALL, *added])
    add(store, "d", count=50)
    index.follow()
    index.save()
    assert path.read_bytes() != before


def test_a_disk_that_does_not_take_the_file_changes_nothing(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    index = index_of(store, tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    index.save()
    assert "No space left" in caplog.text
    assert not list(tmp_path.glob("dense-*"))
    assert finds(index, ALL)


def test_what_several_rankings_have_comes_before_what_one_has_first() -> None:
    assert next(iter(fuse([[1, 2, 3], [4, 2, 5]]))) == 2
    assert list(fuse([[1, 2], []])) == [1, 2]
    assert fuse([]) == {}


RANKINGS = st.lists(st.lists(st.integers(0, 30), max_size=20), max_size=4)


@given(RANKINGS)
def test_fusing_keeps_everything_once_best_first(rankings: list[list[int]]) -> None:
    fused = fuse(rankings)
    assert fused.keys() == {each for ranking in rankings for each in ranking}
    assert list(fused.values()) == sorted(fused.values(), reverse=True)


@given(st.lists(st.integers(0, 30), max_size=20, unique=True))
def test_rankings_that_agree_stay_as_they_are(ranking: list[int]) -> None:
    assert list(fuse([ranking, ranking])) == list(fuse([ranking])) == ranking
