"""Search by meaning: in the background, beside the words, and never in their way."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from tests.knowledge.bag_of_words import BagOfWords
from tests.knowledge.libraries import Naps, opened
from wyoming_servers.conversation.knowledge import ingest, meaning
from wyoming_servers.conversation.knowledge.document import Found, Reading, Section
from wyoming_servers.conversation.knowledge.examination import examination
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.conversation.knowledge.words import query_words, words_of
from wyoming_servers.errors import EngineUnavailableError

CATS = "# Cats\n\nThe vet is open on Sunday.\n"
SYNONYMS = {"murgol": "vet", "sablik": "sunday"}
"""Words that no thesaurus knows."""


async def add(library: Library, tmp_path: Path, text: str = CATS, name: str = "cats.md") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return (await library.add(path, name)).document.document_id


def titles(found: list[Found]) -> list[str]:
    return [each.document.title for each in found]


def embedded_by(folder: Path) -> dict[str, int]:
    with closing(SqliteStore(folder / "knowledge.db")) as store:
        return dict(store.counts().embedded)


async def test_what_shares_no_word_is_found_by_its_meaning(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", embedder=BagOfWords(synonyms=SYNONYMS)) as library:
        await add(library, tmp_path)
        await library.settled()
        (found,) = await library.search("murgol")
        assert found.bm25 is None
        assert found.cosine is not None
        assert found.cosine > 0.2


async def test_what_words_and_meaning_find_is_told_with_both_measures(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", embedder=BagOfWords()) as library:
        await add(library, tmp_path)
        await add(library, tmp_path, "# Dogs\n\nBones are in the shed.\n", "dogs.md")
        await library.settled()
        first, *others = await library.search("is the vet open on sunday")
        assert first.document.title == "Cats"
        assert first.bm25 is not None
        assert first.cosine is not None
        assert all(each.bm25 is None and each.score < first.score for each in others)


async def test_questions_are_answered_by_words_while_there_are_no_vectors(tmp_path: Path) -> None:
    embedder = BagOfWords()
    embedder.may_embed.clear()
    async with opened(tmp_path / "data", embedder=embedder) as library:
        await add(library, tmp_path)
        (found,) = await library.search("vet")
        assert found.cosine is None
        status = (await library.status()).embedder
        assert status is not None
        assert status.embedded == 0
        embedder.may_embed.set()
        await library.settled()
        (found,) = await library.search("vet")
        assert found.cosine is not None


async def test_a_passage_is_embedded_once_with_its_title_and_also_after_a_new_start(tmp_path: Path) -> None:
    embedder = BagOfWords()
    for _ in range(2):
        async with opened(tmp_path / "data", embedder=embedder) as library:
            await add(library, tmp_path)
            await library.settled()
            assert len(await library.search("vet")) == 1
    assert embedder.embedded == ["Cats\nThe vet is open on Sunday."]
    assert not embedder.running


async def test_an_embedder_that_takes_too_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meaning, "ANSWER_WITHIN_S", 0.01)
    embedder = BagOfWords()
    async with opened(tmp_path / "data", embedder=embedder) as library:
        await add(library, tmp_path)
        await library.settled()

        async def never(*_: object, **__: object) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(embedder, "embed", never)
        (found,) = await library.search("vet")
        assert found.bm25 is not None


async def test_an_embedder_that_fails_is_tried_again(tmp_path: Path) -> None:
    naps = Naps()
    embedder = BagOfWords()
    embedder.error = EngineUnavailableError("There is no model.", remedy="Get one.")
    async with opened(tmp_path / "data", embedder=embedder, naps=naps) as library:
        await add(library, tmp_path)
        asleep = await naps.reached()
        assert titles(await library.search("vet")) == ["Cats"]
        embedder.error = None
        asleep.set()
        await library.settled()
        (found,) = await library.search("vet")
        assert found.cosine is not None


async def test_what_nobody_foresaw_is_told_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    naps = Naps()
    embedder = BagOfWords()
    embedder.error = ZeroDivisionError("of a passage that is private")
    async with opened(tmp_path / "data", embedder=embedder, naps=naps) as library:
        await add(library, tmp_path)
        for _ in range(2):
            asleep = await naps.reached()
            status = (await library.status()).embedder
            assert status is not None
            assert "ZeroDivisionError" in status.problem
            asleep.set()
        assert titles(await library.search("vet")) == ["Cats"]
        asleep = await naps.reached()
        embedder.error = None
        asleep.set()
        await library.settled()
        status = (await library.status()).embedder
        assert status is not None
        assert (status.problem, status.embedded) == ("", 1)
        embedder.error = ZeroDivisionError("of a question that is private")
        (found,) = await library.search("vet")
        assert found.cosine is None
    told = [each for each in caplog.messages if "not embedded" in each]
    assert len(told) == 1
    assert "ZeroDivisionError at " in told[0]
    assert "bag_of_words.py:" in told[0]
    assert "private" not in caplog.text


async def test_a_removed_document_is_gone_from_the_vectors_and_a_new_one_in_them(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", embedder=BagOfWords(synonyms=SYNONYMS)) as library:
        removed = await add(library, tmp_path)
        await library.settled()
        await library.remove(removed)
        await add(library, tmp_path, "# Vets\n\nThe other vet.\n", "vets.md")
        await library.settled()
        assert titles(await library.search("murgol")) == ["Vets"]


async def test_the_old_embedder_answers_until_the_new_one_has_read_everything(tmp_path: Path) -> None:
    old = BagOfWords("old", synonyms=SYNONYMS)
    async with opened(tmp_path / "data", embedder=old) as library:
        await add(library, tmp_path)
        await library.settled()
    new = BagOfWords("new", dimensions=32, synonyms={"zorp": "vet"})
    new.may_embed.clear()

    def revive(name: str) -> BagOfWords | None:
        return old if name == "old" else None

    async with opened(tmp_path / "data", embedder=new, revive=revive) as library:
        await new.begun.wait()
        assert titles(await library.search("murgol")) == ["Cats"]
        assert old.asked == ["murgol"]
        status = (await library.status()).embedder
        assert status is not None
        assert (status.answering, status.embedded) == ("old", 0)
        new.may_embed.set()
        await library.settled()
        assert titles(await library.search("zorp")) == ["Cats"]
        assert new.asked == ["zorp"]
        assert not old.running
        status = (await library.status()).embedder
        assert status is not None
        assert status.answering == "new"
        assert await asyncio.to_thread(embedded_by, tmp_path / "data") == {"new": 1}
        assert len(await asyncio.to_thread(list, (tmp_path / "data").glob("dense-*"))) == 1


async def test_without_the_old_embedder_words_answer_until_the_new_one_is_ready(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", embedder=BagOfWords("old")) as library:
        await add(library, tmp_path)
        await library.settled()
    new = BagOfWords("new")
    new.may_embed.clear()
    async with opened(tmp_path / "data", embedder=new) as library:
        (found,) = await library.search("vet")
        assert found.cosine is None
        new.may_embed.set()
        await library.settled()
        (found,) = await library.search("vet")
        assert found.cosine is not None


ASKED = {"zh": (("盐放哪里", "灯在门边"), ("灯在哪里", "盐在柜子里")), "en": (("the vet", "vet"), ("a dog", "dog"))}


async def test_in_a_language_that_it_does_not_understand_questions_are_searched_by_words_alone(tmp_path: Path) -> None:
    embedder = BagOfWords()
    async with opened(tmp_path / "data", embedder=embedder, questions=ASKED) as library:
        await add(library, tmp_path, "# Salt\n\n盐放在 vet 的柜子里。\n")
        await library.settled()
        embedder.asked.clear()
        assert [each.cosine for each in await library.search("盐放哪里")] == [None]
        assert [each.cosine is None for each in await library.search("vet")] == [False]
        assert embedder.asked == ["vet"]
        status = (await library.status()).embedder
        assert status is not None
        assert status.not_understood == ("zh",)


async def test_a_rare_word_is_not_buried_under_what_shares_a_common_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All these passages mean the same to an embedder that knows no codes."""

    async def read(path: Path, name: str, *_: object) -> Reading:
        return Reading(name, (Section(await asyncio.to_thread(path.read_text)),))

    monkeypatch.setattr(ingest, "read_document", read)
    codes = {f"e{number}": "e" for number in range(60)} | {str(number): "e" for number in range(60)}
    async with opened(tmp_path / "data", embedder=BagOfWords(synonyms=codes)) as library:
        for number in range(60):
            await add(library, tmp_path, f"Error E{number}: call us.", f"{number}.md")
        await library.settled()
        assert "E59" in (await library.search("error E59"))[0].passage.text


def test_questions_of_the_examination_share_next_to_nothing_with_their_answers() -> None:
    for pairs in examination().values():
        assert len(pairs) == 16
        assert sum(len(set(query_words(question)) & set(words_of(answer))) for question, answer in pairs) <= 8
