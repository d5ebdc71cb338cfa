"""What is told of the server and its model, and Sotto's own requests, over a real socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.http.conftest import OpenDoor
from tests.http.scripted_model import ScriptedModel, calling
from tests.http.test_homes import HOME, TIMER, TURN_ON, tool_object
from wyoming_servers import __version__
from wyoming_servers.conversation.engine import Message, ModelState, Role, ToolCall
from wyoming_servers.errors import OverloadedError
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.settings import build

CHAT = "/v1/chat/completions"
BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "very private words"}]}


async def samples(http: aiohttp.ClientSession) -> dict[tuple[str, ...], float]:
    """Return the metrics by name and labels."""
    async with http.get("/metrics") as response:
        assert response.headers["Content-Type"].startswith("text/plain")
        text = await response.text()
    assert "private" not in text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("state", ModelState)
async def test_it_is_healthy_whatever_the_model_does(
    http: aiohttp.ClientSession, model: ScriptedModel, state: ModelState
) -> None:
    model.be(state)
    async with http.get("/healthz") as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        (ModelState.READY, 200, None),
        (ModelState.ASLEEP, 200, None),
        (ModelState.LOADING, 503, "engine-loading"),
        (ModelState.FAILED, 503, "engine-unavailable"),
    ],
)
async def test_it_is_ready_when_a_chat_would_be_answered(
    http: aiohttp.ClientSession, model: ScriptedModel, state: ModelState, status: int, code: str | None
) -> None:
    model.be(state, "no such file: /secret/place")
    async with http.get("/readyz") as response:
        assert response.status == status
        assert "secret" not in await response.text()
        assert (await response.json()).get("error", {}).get("code") == code


async def test_the_status_tells_of_the_model_and_the_home(http: aiohttp.ClientSession, model: ScriptedModel) -> None:
    model.be(ModelState.FAILED, "It does not fit into memory.", restarts=2)
    await (await http.post("/api/home", json=HOME)).read()
    async with http.get("/api/status") as response:
        status = await response.json()
    assert status["version"] == __version__
    assert status["uptime_s"] >= 0
    assert (status["model"]["state"], status["model"]["restarts"]) == ("failed", 2)
    assert status["model"]["detail"] == "It does not fit into memory."
    assert status["home"]["entities"] == len(DemoHome().snapshot.entities)
    assert status["homes_sent"] == 1


async def test_without_a_language_model_the_rest_is_served(tmp_path: Path) -> None:
    door = HttpDoor(build({"http_uri": "tcp://127.0.0.1:0", "data_dir": str(tmp_path)}), None, DemoHome())
    await door.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}") as session:
            for path, expected in {"/readyz": 200, "/api/status": 200, "/metrics": 200, "/v1/models/x": 404}.items():
                async with session.get(path) as response:
                    assert response.status == expected
            async with session.get("/v1/models") as response:
                assert (await response.json())["data"] == []
            async with session.post(CHAT, json=BODY) as response:
                assert response.status == 503
                assert (await response.json())["error"]["code"] == "engine-unavailable"
    finally:
        await door.stop()


async def test_the_metrics_count_requests_errors_tokens_and_restarts(
    http: aiohttp.ClientSession, model: ScriptedModel
) -> None:
    for stream in (False, True):
        await (await http.post(CHAT, json={**BODY, "stream": stream})).read()
    model.scripts = [[OverloadedError("Too much.")]]
    await (await http.post(CHAT, json=BODY)).read()
    await (await http.post(CHAT, json={"messages": []})).read()
    for path in ("/private/words", "/v1/models/private"):
        await (await http.get(path)).read()
    model.be(ModelState.READY, restarts=3)
    seen = await samples(http)
    assert seen["sotto_http_requests_total", CHAT, "200"] == 2
    assert seen["sotto_http_requests_total", CHAT, "429"] == 1
    assert seen["sotto_http_requests_total", CHAT, "400"] == 1
    assert seen["sotto_http_requests_total", "other", "404"] == 1
    assert seen["sotto_http_requests_total", "/v1/models/{model}", "404"] == 1
    assert seen["sotto_http_errors_total", "overloaded"] == 1
    assert seen["sotto_http_errors_total", "bad-request"] == 1
    assert seen["sotto_first_token_seconds_count",] == 2
    assert seen["sotto_generated_tokens_total",] == 4
    assert seen["sotto_prompt_tokens_total",] == 80
    assert seen["sotto_reused_tokens_total",] == 60
    assert seen["sotto_model_restarts_total",] == 3
    assert seen["sotto_model_state", "ready"] == 1
    assert seen["sotto_model_state", "failed"] == 0


async def test_two_doors_count_for_themselves(http: aiohttp.ClientSession, open_door: OpenDoor) -> None:
    await (await http.get("/healthz")).read()
    other = await open_door()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{other.port}") as session:
        assert ("sotto_http_requests_total", "/healthz", "200") not in await samples(session)


async def test_a_home_is_sent_once_and_named_by_its_hash(http: aiohttp.ClientSession, model: ScriptedModel) -> None:
    model.scripts = [calling(ToolCall("HassTurnOn", {"name": "Bed light"}))]
    async with http.post("/api/home", json=HOME) as response:
        home_hash = (await response.json())["hash"]
    async with http.get(f"/api/home/{home_hash}") as response:
        assert await response.json() == {"hash": home_hash, "floors": 1, "areas": 2, "entities": 2}
    for tools in ([TURN_ON, TIMER], [TURN_ON]):
        body = {**BODY, "tools": [tool_object(each) for each in tools], "sotto": {"home": home_hash, "area": "kitchen"}}
        async with http.post(CHAT, json=body) as response:
            assert response.status == 200
    assert [tool.name for tool in model.asked[1].tools] == ["HassStartTimer", "HassTurnOn"]
    assert model.asked[1].callable == frozenset({"HassTurnOn"})
    assert "Bed light" in str(model.asked[1].constraints["HassTurnOn"])


@pytest.mark.parametrize("path", [CHAT, "/api/prefill"])
async def test_a_home_that_is_not_known_is_asked_for(http: aiohttp.ClientSession, path: str) -> None:
    async with http.post(path, json={**BODY, "sotto": {"home": "0" * 32}}) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (404, "unknown_home")
    async with http.get("/api/home/" + "0" * 32) as response:
        assert response.status == 404


@pytest.mark.parametrize(
    ("sotto", "param"),
    [({"home": 5}, "sotto.home"), ({"room": "x"}, "sotto.room"), ([], "sotto"), ({"area": "attic"}, "sotto.area")],
)
async def test_a_wrong_field_of_sottos_own_part_is_named(http: aiohttp.ClientSession, sotto: Any, param: str) -> None:
    async with http.post(CHAT, json={**BODY, "sotto": sotto}) as response:
        assert (response.status, (await response.json())["error"]["param"]) == (400, param)


async def test_a_large_home_is_read(http: aiohttp.ClientSession) -> None:
    entities = [{"entity_id": f"light.lamp_{n}", "name": f"灯 {n}"} for n in range(5000)]
    async with http.post("/api/home", json={"entities": entities}) as response:
        home_hash = (await response.json())["hash"]
    async with http.get(f"/api/home/{home_hash}") as response:
        assert (await response.json())["entities"] == 5000


async def test_a_prompt_is_evaluated_ahead(http: aiohttp.ClientSession, model: ScriptedModel) -> None:
    async with http.post("/api/prefill", json=BODY) as response:
        assert await response.json() == {"tokens": 17}
    assert model.prefilled[0].messages == (Message(Role.USER, "very private words"),)
    assert not model.asked


async def test_a_prompt_may_end_before_the_users_words(http: aiohttp.ClientSession, model: ScriptedModel) -> None:
    said = [*BODY["messages"], {"role": "assistant", "content": "Done."}]
    async with http.post("/api/prefill", json={"messages": said}) as response:
        assert response.status == 200
    assert model.prefilled[0].messages[-1] == Message(Role.USER)
    async with http.post(CHAT, json={"messages": said}) as response:
        assert (response.status, (await response.json())["error"]["param"]) == (400, "messages")
