"""`/api/documents`: documents over real sockets into a real library; failures are told and leave nothing behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.http.conftest import TOKEN
from tests.http.scripted_model import ScriptedModel
from tests.knowledge.libraries import opened
from wyoming_servers.conversation.knowledge import ingest
from wyoming_servers.conversation.knowledge.errors import StorageFullError
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.reading.process import read_document
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http import document_progress, documents
from wyoming_servers.http.documents import SENTENCE_CHARS
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.settings import build

DRYER = "# Dryer\n\nClean the lint filter after every load.\n\n## Errors\n\nE24 means that the water tank is full.\n"
GATE = ("/api/documents/calibrate", "/api/documents/examples")


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with opened(tmp_path / "knowledge", max_mb=6) as opened_library:
        yield opened_library


async def door_to(library: Library | None, tmp_path: Path, model: ScriptedModel) -> HttpDoor:
    values = {"http_uri": "tcp://127.0.0.1:0", "data_dir": str(tmp_path), "http_token": TOKEN}
    return HttpDoor(build(values), Mind(model), DemoHome(), library=library)


@pytest.fixture
async def door(library: Library, tmp_path: Path, model: ScriptedModel) -> AsyncIterator[HttpDoor]:
    found = await door_to(library, tmp_path, model)
    await found.start()
    yield found
    await found.stop()


async def send(
    http: aiohttp.ClientSession, text: str | bytes | BytesIO = DRYER, **query: str
) -> tuple[int, dict[str, Any]]:
    async with http.post("/api/documents", params={"name": "dryer.md", **query}, data=text) as response:
        return response.status, await response.json()


async def post(
    http: aiohttp.ClientSession, path: str, body: dict[str, object] | None = None
) -> tuple[int, dict[str, Any]]:
    async with http.post(path, json=body) as response:
        return response.status, await response.json()


async def get(http: aiohttp.ClientSession, path: str, **query: str) -> tuple[int, dict[str, Any]]:
    async with http.get(path, params=query) as response:
        return response.status, await response.json()


def code(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def left_over(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "knowledge" / "incoming").glob("*"))


async def test_a_document_is_sent_listed_found_and_removed(http: aiohttp.ClientSession, tmp_path: Path) -> None:
    status, sent = await send(http)
    assert status == 200
    assert sent["outcome"] == "added"
    document = sent["document"]
    assert document["title"] == "Dryer"
    assert document["name"] == "dryer.md"
    assert document["size_bytes"] == len(DRYER)
    assert await get(http, "/api/documents") == (200, {"documents": [document]})
    assert await get(http, f"/api/documents/{document['id']}") == (200, document)
    status, answer = await get(http, "/api/documents/search", q="what does E 24 mean")
    assert status == 200
    first = answer["found"][0]
    assert "water tank is full" in first["text"]
    assert first["headings"] == ["Dryer", "Errors"] or "Errors" in first["headings"]
    assert first["document"] == {key: document[key] for key in ("id", "name", "title")}
    async with http.delete(f"/api/documents/{document['id']}") as response:
        assert (response.status, await response.json()) == (200, {"removed": document})
    assert await get(http, "/api/documents") == (200, {"documents": []})
    assert code(await get(http, f"/api/documents/{document['id']}")) == (404, "unknown-document")
    assert left_over(tmp_path) == []


async def test_sending_again_changes_nothing_and_another_of_the_name_must_be_meant(http: aiohttp.ClientSession) -> None:
    _, first = await send(http)
    _, again = await send(http)
    assert again == {"outcome": "unchanged", "document": first["document"]}
    assert code(await send(http, "News.")) == (409, "document-exists")
    status, replaced = await send(http, "News.", replace="yes")
    assert (status, replaced["outcome"]) == (200, "replaced")
    assert replaced["document"]["id"] == first["document"]["id"]


async def test_progress_is_sent_as_events(http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_progress, "LOOK_EVERY_S", 0.001)
    text = "# Long\n\n" + "\n\n".join(f"Sentence number {number} of a long document." for number in range(2000))
    headers = {"Accept": "text/event-stream"}
    async with http.post("/api/documents", params={"name": "long.md"}, data=text, headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        events = [parsed(event) for event in (await response.text()).strip().split("\n\n") if event[0] != ":"]
    names = [name for name, _ in events]
    assert names[-1] == "document"
    assert set(names[:-1]) == {"progress"}
    steps = [data["step"] for name, data in events if name == "progress"]
    assert list(dict.fromkeys(steps)) == [each for each in ("waiting", "reading", "indexing") if each in steps]
    assert "reading" in steps
    assert events[-1][1]["outcome"] == "added"


def parsed(event: str) -> tuple[str, dict[str, Any]]:
    name, data = event.split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_what_fails_after_the_first_event_is_an_event(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_progress, "LOOK_EVERY_S", 0.001)
    headers = {"Accept": "text/event-stream"}
    async with http.post(
        "/api/documents", params={"name": "x.pdf"}, data=b"%PDF-1.7 broken", headers=headers
    ) as response:
        *_, last = (await response.text()).strip().split("\n\n")
    name, data = parsed(last)
    assert (name, data["error"]["code"]) == ("error", "document-broken")


async def test_what_fails_at_once_has_its_status_also_for_who_wants_events(http: aiohttp.ClientSession) -> None:
    await send(http)
    headers = {"Accept": "text/event-stream"}
    async with http.post("/api/documents", params={"name": "dryer.md"}, data="News.", headers=headers) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (409, "document-exists")


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"", 422, "document-empty"),
        (b"%PDF-1.7 broken", 422, "document-broken"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, 415, "document-unknown-type"),
    ],
)
async def test_what_cannot_be_read_says_why(
    http: aiohttp.ClientSession, tmp_path: Path, body: bytes, status: int, expected: str
) -> None:
    assert code(await send(http, body)) == (status, expected)
    assert await get(http, "/api/documents") == (200, {"documents": []})
    assert left_over(tmp_path) == []


async def test_a_name_is_no_path(http: aiohttp.ClientSession, tmp_path: Path) -> None:
    status, answer = await send(http, name="../../../etc/cron.d/evil.md")
    assert (status, answer["document"]["name"]) == (200, "evil.md")
    assert not await asyncio.to_thread((tmp_path / "etc").exists)


async def large() -> AsyncIterator[bytes]:
    for _ in range(70):
        yield b"x" * 100_000


async def test_what_is_too_large_is_refused_before_and_while_it_comes(
    http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    for body in (BytesIO(b"x" * 6_000_001), large()):
        async with http.post("/api/documents", params={"name": "x.txt"}, data=body) as response:
            answer = response.status, await response.json()
        assert code(answer) == (413, "document-too-large")
        assert "6 MB" in answer[1]["error"]["message"]
    assert left_over(tmp_path) == []


async def test_a_document_may_be_larger_than_the_body_of_other_requests(http: aiohttp.ClientSession) -> None:
    text = DRYER + "\n" * 5_000_000
    status, answer = await send(http, BytesIO(text.encode()), name="dryer.txt")
    assert (status, answer["document"]["size_bytes"]) == (200, len(text))


async def test_a_body_that_does_not_come_is_not_waited_for(
    http: aiohttp.ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "CHUNK_WITHIN_S", 0.05)
    release = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"begin"
        await release.wait()

    async with http.post("/api/documents", params={"name": "x.txt"}, data=slow()) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (408, "body-timeout")
    release.set()
    assert left_over(tmp_path) == []


async def test_a_client_that_leaves_takes_its_document_with_it(
    door: HttpDoor, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def reading(*_: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(ingest, "read_document", reading)
    _, writer = await asyncio.open_connection("127.0.0.1", door.port)
    head = f"POST /api/documents?name=x.md HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    writer.write(f"{head}Content-Length: 4\r\n\r\nText".encode())
    await begun.wait()
    writer.close()
    await writer.wait_closed()
    await ended.wait()
    monkeypatch.setattr(ingest, "read_document", read_document)
    assert await library.documents() == []
    await door.stop()
    assert left_over(tmp_path) == []


async def test_a_full_disk_is_told(http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageFullError("The disk is full.", remedy="Make room.")

    monkeypatch.setattr(SqliteStore, "add", full)
    assert code(await send(http)) == (507, "storage-full")


@pytest.mark.parametrize(
    ("path", "query", "param"),
    [
        ("/api/documents/search", {}, "q"),
        ("/api/documents/search", {"q": " "}, "q"),
        ("/api/documents/search", {"q": "x" * 2001}, "q"),
        ("/api/documents/search", {"q": "x", "limit": "0"}, "limit"),
        ("/api/documents/search", {"q": "x", "limit": "\u0663"}, "limit"),
        ("/api/documents/search", {"q": "x", "limit": "51"}, "limit"),
    ],
)
async def test_a_wrong_parameter_is_named(
    http: aiohttp.ClientSession, path: str, query: dict[str, str], param: str
) -> None:
    status, answer = await get(http, path, **query)
    assert (status, answer["error"]["param"]) == (400, param)


async def test_a_document_needs_a_name_and_a_plain_answer_about_replacing(http: aiohttp.ClientSession) -> None:
    for query, param in (({"name": ""}, "name"), ({"name": "x" * 257}, "name"), ({"replace": "perhaps"}, "replace")):
        status, answer = await send(http, **query)
        assert (status, answer["error"]["param"]) == (400, param)


async def test_the_status_says_what_there_is(http: aiohttp.ClientSession) -> None:
    await send(http)
    status, answer = await get(http, "/api/documents/status")
    assert status == 200
    assert (answer["documents"], answer["reading"], answer["notice"], answer["embedder"]) == (1, None, "", None)
    assert answer["passages"] >= 1


async def test_when_documents_answer_is_calibrated_and_told_with_its_curve(http: aiohttp.ClientSession) -> None:
    assert await get(http, "/api/documents/calibrate") == (200, {"report": None})
    assert code(await post(http, "/api/documents/calibrate")) == (409, "no-documents")
    await send(http)
    status, answer = await post(http, "/api/documents/calibrate")
    assert status == 200
    report = answer["report"]
    assert (report["aim"], report["embedder"]) == (0.9, None)
    assert report["counts"]["passages"] >= 1
    assert 0 < len(report["curve"]) <= 60
    assert set(report["curve"][0]) == {"threshold", "precision", "at_least", "recall", "coverage"}
    thresholds = [point["threshold"] for point in report["curve"]]
    assert thresholds == sorted(thresholds, reverse=True)
    assert report["chosen"]["threshold"] == report["threshold"]
    assert datetime.fromisoformat(report["made"]).tzinfo is not None
    assert await get(http, "/api/documents/calibrate") == (200, answer)


async def test_a_calibration_is_followed_as_events_and_may_have_another_aim(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_progress, "LOOK_EVERY_S", 0.001)
    await send(http)
    headers = {"Accept": "text/event-stream"}
    async with http.post("/api/documents/calibrate", json={"precision": 0.6}, headers=headers) as response:
        events = [parsed(event) for event in (await response.text()).strip().split("\n\n") if event[0] != ":"]
    *progress, (name, data) = events
    assert (name, data["report"]["aim"]) == ("report", 0.6)
    done = [each["done"] for _, each in progress if each["step"] == "calibrating"]
    assert len(done) > 1
    assert done == sorted(done)
    assert done[-1] <= progress[-1][1]["total"]


@pytest.mark.parametrize("precision", [0.4, 1, "0.9", True])
async def test_an_aim_that_is_none_is_refused(http: aiohttp.ClientSession, precision: object) -> None:
    status, answer = await post(http, "/api/documents/calibrate", {"precision": precision})
    assert (status, answer["error"]["param"]) == (400, "precision")


async def test_sentences_of_the_household_are_added_listed_and_taken_back(
    http: aiohttp.ClientSession, library: Library
) -> None:
    await send(http)
    path, question = "/api/documents/examples", "what does E24 mean"
    assert await get(http, path) == (200, {"examples": []})
    quiet = {"text": "What does E24 mean?", "should_answer": False}
    assert await post(http, path, quiet) == (200, {"example": quiet})
    assert not (await library.consult(question, "en")).confident
    wanted = {"text": question, "should_answer": True}
    assert await post(http, path, wanted) == (200, {"example": wanted})
    assert await get(http, path) == (200, {"examples": [wanted]})
    assert (await library.consult(question, "en")).confident
    async with http.delete(path, params={"text": "WHAT DOES E24 MEAN?"}) as response:
        assert (response.status, await response.json()) == (200, {"removed": wanted})
    async with http.delete(path, params={"text": question}) as response:
        assert code((response.status, await response.json())) == (404, "unknown-example")
    assert await get(http, path) == (200, {"examples": []})


async def test_the_longest_sentence_can_be_taken_back(http: aiohttp.ClientSession) -> None:
    path, text = "/api/documents/examples", "灯" * SENTENCE_CHARS
    longest = {"text": text, "should_answer": True}
    assert await post(http, path, longest) == (200, {"example": longest})
    async with http.delete(path, params={"text": text}) as response:
        assert (response.status, await response.json()) == (200, {"removed": longest})


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"should_answer": True}, "text"),
        ({"text": " ?! ", "should_answer": True}, "text"),
        ({"text": "x" * (SENTENCE_CHARS + 1), "should_answer": True}, "text"),
        ({"text": "who is that"}, "should_answer"),
        ({"text": "who is that", "should_answer": "yes"}, "should_answer"),
    ],
)
async def test_a_sentence_that_is_none_is_refused(
    http: aiohttp.ClientSession, body: dict[str, object], param: str
) -> None:
    status, answer = await post(http, "/api/documents/examples", body)
    assert (status, answer["error"]["param"]) == (400, param)


async def test_nobody_sees_documents_without_the_token(door: HttpDoor) -> None:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}") as stranger:
        for path in ("/api/documents", "/api/documents/search?q=wifi", "/api/documents/status", *GATE):
            assert code(await get(stranger, path)) == (401, "invalid_api_key")
        assert code(await send(stranger)) == (401, "invalid_api_key")


async def test_without_their_packages_documents_are_off(tmp_path: Path, model: ScriptedModel) -> None:
    door = await door_to(None, tmp_path, model)
    await door.start()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}", headers=headers) as http:
        assert code(await get(http, "/api/documents")) == (503, "engine-unavailable")
        assert code(await send(http)) == (503, "engine-unavailable")
    await door.stop()
