"""A model over a line that is as bad as lines are: what arrives is the right file, or nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.models.conftest import BYTES, CONTENT, OpenStore, Pauses, file_of, model_of, settled, state_of
from tests.models.model_server import ModelServer, md5, sha256
from wyoming_servers.models.catalogue import Kind
from wyoming_servers.models.download import Patience
from wyoming_servers.models.errors import ChecksumError, FetchError
from wyoming_servers.models.shelves import Shelves
from wyoming_servers.models.state import State
from wyoming_servers.models.store import ModelStore

NAME = "talker.gguf"
OTHER = bytes(reversed(CONTENT))
LOST_AT_A_CUT = 500_000
"""Bytes that aiohttp holds when a connection breaks, and does not give out."""


def final(shelves: Shelves, name: str = NAME) -> Path:
    return shelves.folder(Kind.LLM) / name


async def test_a_model_comes_whole_and_nothing_is_left_beside_it(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    store = await open_store([model_of(file_of(NAME, server.put("m", CONTENT)))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT
    assert [each for each in shelves.folder(Kind.LLM).rglob("*") if each.is_file()] == [final(shelves)]


async def test_what_was_cut_off_is_resumed_and_little_is_sent_twice(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    url = server.put("m", CONTENT, cut_after=[1_000_000, 1_000_000, None])
    store = await open_store([model_of(file_of(NAME, url))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT
    first, *later = server.requests
    assert (first.range, first.if_range) == ("", "")
    assert len(later) == 2
    for request in later:
        assert int(request.range.removeprefix("bytes=").removesuffix("-")) > 0
        assert request.if_range == '"one"'
    assert server.sent["m"] < BYTES + 2 * LOST_AT_A_CUT


async def test_a_server_that_ignores_ranges_sends_all_again(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    url = server.put("m", CONTENT, cut_after=[1_000_000, None], ranges=False)
    store = await open_store([model_of(file_of(NAME, url))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT


async def test_a_file_that_changed_on_the_server_is_fetched_from_the_beginning(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    url = server.put("m", OTHER, cut_after=[1_000_000])

    async def replaced(_: float) -> None:
        server.put("m", CONTENT, etag='"two"')

    store = await open_store([model_of(file_of(NAME, url))], patience=Patience(sleep=replaced))
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT


async def test_a_mirror_goes_on_where_the_first_source_died(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    dying = server.put("first", CONTENT, cut_after=[1_500_000, 0])
    store = await open_store([model_of(file_of(NAME, dying, server.put("mirror", CONTENT)))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT
    assert server.sent["mirror"] <= BYTES - 1_500_000 + LOST_AT_A_CUT


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_source_without_the_file_is_asked_once(server: ModelServer, open_store: OpenStore, status: int) -> None:
    refusing = server.put("first", CONTENT, status=[status])
    store = await open_store([model_of(file_of(NAME, refusing, server.put("mirror", CONTENT)))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert [each.path for each in server.requests] == ["first", "mirror"]


async def test_a_server_that_is_busy_is_given_the_time_it_asks_for(
    server: ModelServer, open_store: OpenStore, pauses: Pauses
) -> None:
    store = await open_store([model_of(file_of(NAME, server.put("m", CONTENT, status=[503, 429, 0])))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert pauses.seconds == [7.0, 7.0]


async def test_it_gives_up_after_some_tries_with_longer_and_longer_pauses(
    server: ModelServer, open_store: OpenStore, pauses: Pauses, shelves: Shelves
) -> None:
    nobody = "http://127.0.0.1:9/m"
    store = await open_store([model_of(file_of(NAME, nobody))])
    await store.fetch("talker")
    state = await settled(store)
    assert state.state is State.FAILED
    assert isinstance(state.error, FetchError)
    assert "127.0.0.1:9" in state.error.message
    assert "sotto models import" in state.error.remedy
    assert pauses.seconds == [2.0, 4.0, 8.0]
    assert not final(shelves).exists()


async def test_another_file_of_the_same_size_is_refused(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    store = await open_store([model_of(file_of(NAME, server.put("m", OTHER)))])
    await store.fetch("talker")
    state = await settled(store)
    assert state.state is State.FAILED
    assert isinstance(state.error, ChecksumError)
    assert not final(shelves).exists()
    assert [each.path for each in server.requests] == ["m"]


async def test_the_right_file_is_taken_from_the_next_source(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    store = await open_store([model_of(file_of(NAME, server.put("bad", OTHER), server.put("good", CONTENT)))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT


async def test_a_beginning_from_elsewhere_that_was_wrong_is_not_held_against_the_source(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    bad = server.put("bad", OTHER, cut_after=[1_000_000, 0])
    store = await open_store([model_of(file_of(NAME, bad, server.put("good", CONTENT)))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT


async def test_where_only_an_md5_is_published_it_decides(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    urls = (server.put("bad", OTHER), server.put("good", CONTENT))
    store = await open_store([model_of(file_of(NAME, *urls, sha256=None, md5=md5(CONTENT)))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT


@pytest.mark.parametrize("length", [BYTES + 10, BYTES - 10])
async def test_a_server_that_claims_another_length_is_not_believed(
    server: ModelServer, open_store: OpenStore, shelves: Shelves, length: int
) -> None:
    liar = server.put("m", CONTENT[:length], claimed_length=length)
    store = await open_store([model_of(file_of(NAME, liar))])
    await store.fetch("talker")
    state = await settled(store)
    assert state.state is State.FAILED
    assert state.error is not None
    assert str(length) in state.error.message
    assert not final(shelves).exists()


async def test_a_body_that_does_not_end_where_the_file_does_fills_no_disk(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    endless = server.put("m", CONTENT + bytes(BYTES), chunked=True)
    store = await open_store([model_of(file_of(NAME, endless))])
    most = 0

    def changed() -> None:
        nonlocal most
        most = max(most, state_of(store).done_bytes)

    store.on_change(changed)
    await store.fetch("talker")
    state = await settled(store)
    assert state.error is not None
    assert "more than the 3000000 bytes" in state.error.message
    assert most <= BYTES
    assert not final(shelves).exists()


async def test_another_part_than_was_asked_for_is_not_taken(server: ModelServer, open_store: OpenStore) -> None:
    liar = server.put("m", CONTENT, cut_after=[1_000_000, None], range_off=-1)
    store = await open_store([model_of(file_of(NAME, liar))])
    await store.fetch("talker")
    state = await settled(store)
    assert state.state is State.FAILED
    assert state.error is not None
    assert "another part" in state.error.message


async def test_redirections_are_followed_and_what_they_state_counts_where_the_catalogue_knows_nothing(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    bad = server.put("bad", OTHER, stated_sha256=sha256(CONTENT))
    good = server.put("good", CONTENT, stated_sha256=sha256(CONTENT), cut_after=[2_000_000, None])
    store = await open_store([model_of(file_of(NAME, bad, good, sha256=None))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT


async def test_an_etag_that_looks_like_a_digest_is_none(server: ModelServer, open_store: OpenStore) -> None:
    url = server.put("m", CONTENT, etag=f'"{sha256(OTHER)}"')
    store = await open_store([model_of(file_of(NAME, url, sha256=None))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED


async def test_without_a_digest_the_parts_of_two_sources_are_not_put_together(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    dying = server.put("first", OTHER, cut_after=[1_000_000, 0])
    store = await open_store([model_of(file_of(NAME, dying, server.put("mirror", CONTENT), sha256=None))])
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert final(shelves).read_bytes() == CONTENT


async def test_what_was_installed_once_must_be_the_same_again(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    store = await open_store([model_of(file_of(NAME, server.put("m", CONTENT), sha256=None))])
    await store.fetch("talker")
    await settled(store)
    await store.remove("talker")
    server.put("m", OTHER)
    await store.fetch("talker")
    state = await settled(store)
    assert isinstance(state.error, ChecksumError)


async def test_a_model_of_several_files_appears_at_once(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    hold = asyncio.Event()
    files = [
        file_of("base/model.bin", server.put("model.bin", CONTENT)),
        file_of("base/config.json", server.put("config.json", OTHER, hold=hold), content=OTHER),
    ]
    store = await open_store([model_of(*files, model_id="base", kind=Kind.STT)])
    await store.fetch("base")
    while server.sent["config.json"] == 0:
        server.half_sent.clear()
        await server.half_sent.wait()
    assert not (shelves.folder(Kind.STT) / "base").exists()
    assert not list(shelves.folder(Kind.STT).glob("*/model.bin"))  # as the engine looks for them
    hold.set()
    assert (await settled(store, "base")).state is State.INSTALLED
    assert {each.name for each in (shelves.folder(Kind.STT) / "base").iterdir()} == {"model.bin", "config.json"}


async def test_progress_is_told_in_bytes_and_logged_in_tenths(
    server: ModelServer, open_store: OpenStore, caplog: pytest.LogCaptureFixture
) -> None:
    store = await open_store([model_of(file_of(NAME, server.put("m", CONTENT)))])
    seen: list[int] = []
    store.on_change(lambda: seen.append(state_of(store).done_bytes))
    with caplog.at_level("INFO", logger="wyoming_servers.models"):
        await store.fetch("talker")
        await settled(store)
    assert seen == sorted(seen)
    assert seen[-1] == BYTES
    tenths = [record.getMessage() for record in caplog.records if " % of " in record.getMessage()]
    percents = [int(each.split(": ")[1].split()[0]) for each in tenths]
    assert 2 <= len(percents) <= 10
    assert percents == sorted(set(percents))
    assert percents[-1] == 100
    assert not any("127.0.0.1" in record.getMessage() for record in caplog.records)


async def test_cancelling_ends_the_transfer_and_forgets_what_came(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    hold = asyncio.Event()
    store = await open_store([model_of(file_of(NAME, server.put("m", CONTENT, hold=hold)))])
    await store.fetch("talker")
    await server.half_sent.wait()
    state = await store.cancel("talker")
    assert (state.state, state.done_bytes) == (State.ABSENT, 0)
    assert not [each for each in shelves.folder(Kind.LLM).rglob("*") if each.is_file()]
    hold.set()


async def test_stopping_keeps_what_came_and_a_restart_goes_on_there(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    hold = asyncio.Event()
    model = model_of(file_of(NAME, server.put("m", CONTENT, hold=hold)))
    store = await open_store([model])
    await store.fetch("talker")
    await server.half_sent.wait()
    changed = asyncio.Event()
    store.on_change(changed.set)
    while state_of(store).done_bytes == 0:
        changed.clear()
        await changed.wait()
    await store.stop()
    hold.set()
    begun = (await asyncio.to_thread(shelves.look, model)).done_bytes
    assert 0 < begun <= BYTES // 2
    again = await open_store([model])
    assert state_of(again).done_bytes == begun
    await again.fetch("talker")
    assert (await settled(again)).state is State.INSTALLED
    assert server.requests[-1].range == f"bytes={begun}-"


async def test_models_are_fetched_one_after_the_other(server: ModelServer, open_store: OpenStore) -> None:
    hold = asyncio.Event()
    urls = {name: server.put(name, CONTENT, hold=hold) for name in ("one", "two")}
    models = [model_of(file_of(f"{name}.gguf", url), model_id=name) for name, url in urls.items()]
    store = await open_store(models)
    await store.fetch("one")
    await store.fetch("two")
    await server.half_sent.wait()
    assert [each.path for each in server.requests] == ["one"]
    assert state_of(store, "two").state is State.QUEUED
    hold.set()
    assert (await settled(store, "two")).state is State.INSTALLED


class TestASourceThatTrickles:
    @pytest.fixture
    def content(self) -> bytes:
        return CONTENT[:300_000]

    @pytest.fixture
    def hold(self) -> asyncio.Event:
        """Return what is set as soon as the store waits before it asks anybody again."""
        return asyncio.Event()

    @pytest.fixture
    def open_slow(self, server: ModelServer, open_store: OpenStore, content: bytes, hold: asyncio.Event) -> OpenStore:
        """Start a store by whose clock a hundred minutes pass with each portion of the path `slow`."""
        now_s = 0.0

        async def sleep(_: float) -> None:
            hold.set()

        def clock() -> float:
            nonlocal now_s
            now_s += 6000.0 if server.requests and server.requests[-1].path == "slow" else 0.0
            return now_s

        async def start(*urls: str) -> ModelStore:
            file = file_of(NAME, *urls, content=content)
            return await open_store([model_of(file)], patience=Patience(clock=clock, sleep=sleep))

        return start

    async def test_is_left_for_a_mirror_which_goes_on_where_it_was(
        self, server: ModelServer, open_slow: OpenStore, shelves: Shelves, content: bytes, hold: asyncio.Event
    ) -> None:
        slow = server.put("slow", content, hold=hold)  # of which half comes
        store = await open_slow(slow, server.put("quick", content))
        await store.fetch("talker")
        assert (await settled(store)).state is State.INSTALLED
        assert [each.path for each in server.requests] == ["slow", "quick"]
        begun = int(server.requests[1].range.removeprefix("bytes=").rstrip("-"))
        assert 0 < begun < len(content)
        assert final(shelves).read_bytes() == content
        hold.set()

    @pytest.mark.parametrize("content", [CONTENT])  # in many portions
    async def test_is_never_left_if_it_is_the_last_one_and_that_is_said_once(
        self, server: ModelServer, open_slow: OpenStore, content: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        store = await open_slow(server.put("slow", content))
        await store.fetch("talker")
        assert (await settled(store)).state is State.INSTALLED
        assert len(server.requests) == 1
        said = [each.getMessage() for each in caplog.records if "kB a second" in each.getMessage()]
        assert len(said) == 1
        assert "no other source is quicker" in said[0]

    async def test_is_gone_back_to_while_the_mirror_gives_nothing(
        self, server: ModelServer, open_slow: OpenStore, content: bytes, hold: asyncio.Event
    ) -> None:
        slow = server.put("slow", content, hold=hold)
        store = await open_slow(slow, server.put("busy", content, status=[503]))
        await store.fetch("talker")
        assert (await settled(store)).state is State.INSTALLED
        assert [each.path for each in server.requests] == ["slow", "busy", "slow"]

    async def test_that_does_not_even_begin_to_answer_counts_as_cut(
        self, server: ModelServer, open_store: OpenStore
    ) -> None:
        async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nX-Trickle: ")
            await reader.read()
            writer.close()

        async with await asyncio.start_server(drop, "127.0.0.1", 0) as silent:
            address = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/m"
            model = model_of(file_of(NAME, address, server.put("m", CONTENT)))
            store = await open_store([model], patience=Patience(begin_s=0.1, silent_s=600.0, pause_s=0.0))
            await store.fetch("talker")
            assert (await settled(store)).state is State.INSTALLED

    async def test_is_not_cut_for_what_comes_after_it_began(
        self, server: ModelServer, open_store: OpenStore, hold: asyncio.Event
    ) -> None:
        model = model_of(file_of(NAME, server.put("m", CONTENT, hold=hold)))
        store = await open_store([model], patience=Patience(begin_s=0.2))
        await store.fetch("talker")
        await server.half_sent.wait()
        asyncio.get_running_loop().call_later(0.4, hold.set)
        assert (await settled(store)).state is State.INSTALLED
        assert len(server.requests) == 1
