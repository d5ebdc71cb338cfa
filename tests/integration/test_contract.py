"""The scripted server is what the real door is, and the integration gets along with that: `sotto run`, as a process.

Each is asked the same, and what they answer is compared by its shape: names, nesting and kinds of values.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

import aiohttp
from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.client import SottoClient
from custom_components.sotto.const import DOMAIN, SUBENTRY_CONVERSATION
from custom_components.sotto.subentry_flow import NEW_CONVERSATION
from tests.conversation import scripted_endpoint as model
from tests.conversation.scripted_endpoint import ScriptedEndpoint
from tests.integration import scripted_server as door
from tests.integration.household import House
from tests.integration.real_door import RealDoor, real_door
from tests.integration.scripted_server import ScriptedServer

Json = dict[str, Any]

HOME: Json = {
    "floors": [{"floor_id": "up", "name": "Upstairs"}],
    "areas": [{"area_id": "bedroom", "name": "Bedroom", "floor_id": "up"}],
    "entities": [{"entity_id": "light.bed", "name": "Bed lamp", "area_id": "bedroom", "state": "off"}],
}
TOOL: Json = {
    "type": "function",
    "function": {
        "name": "HassTurnOn",
        "description": "Turns something on",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
}
FIGURES = {"first_token_s", "tokens_per_s"}
"""Numbers, or null where the model wrote too little."""
PROMPT: Json = {"instructions": "", "now": "2026-11-29T20:15:00+08:00", "states": {"light.bed": "off"}}
WORDS: Json = {"role": "user", "content": "it is too dark to read my book in bed"}


@dataclass
class Asked:
    """An answer: its status, and what it consists of."""

    status: int
    kind: str
    body: Any = None


class Peer:
    """One of the two servers, to be asked things."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        """Ask with the token, unless another is given."""
        self._session = session
        self._url = url
        self.token = token

    async def ask(self, method: str, path: str, body: Json | None = None, token: str | None = None) -> Asked:
        """Return an answer that is JSON."""
        async with self._open(method, path, body, token) as response:
            return Asked(response.status, response.content_type, await response.json())

    async def stream(self, body: Json) -> list[tuple[str, Any]]:
        """Return the events of a streamed answer, by name, as far as it goes."""
        wanted = {**body, "stream": True, "stream_options": {"include_usage": True}}
        async with self._open("POST", "/v1/chat/completions", wanted) as response:
            assert response.status == 200, await response.text()
            assert response.content_type == "text/event-stream"
            return [event async for event in events_of(response)]

    async def first_event(self) -> tuple[str, Any]:
        """Return how the server is, as it tells those who follow."""
        async with self._open("GET", "/api/events") as response:
            return await anext(events_of(response))

    def _open(
        self, method: str, path: str, body: Json | None = None, token: str | None = None
    ) -> aiohttp.client._RequestContextManager:
        authorization = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return self._session.request(method, f"{self._url}{path}", json=body, headers=authorization)

    async def home(self) -> str:
        """Tell of the home; return its hash."""
        return str((await self.ask("POST", "/api/home", HOME)).body["hash"])


async def events_of(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    """Yield server-sent events as name and data."""
    name = ""
    async for raw in response.content:
        field, _, value = raw.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value) if value != "[DONE]" else value
        elif not field:
            name = ""


def shape_of(value: Any) -> Any:
    """Return names, nesting and kinds of values."""
    match value:
        case Mapping():
            return {name: "figure" if name in FIGURES else shape_of(each) for name, each in sorted(value.items())}
        case list():
            return [shape_of(each) for each in value[:1]]
        case bool():
            return "truth"
        case int() | float():
            return "number"
        case _:
            return type(value).__name__


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as scripted:
        yield scripted


@pytest.fixture
async def real(tmp_path: Path, endpoint: ScriptedEndpoint) -> AsyncIterator[RealDoor]:
    async with real_door(tmp_path, endpoint) as running:
        yield running


@pytest.fixture
async def peers(real: RealDoor, server: ScriptedServer) -> AsyncIterator[tuple[Peer, Peer]]:
    """The real door, and the scripted one."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Peer(session, real.url, real.token), Peer(session, server.url, server.token)


async def test_they_tell_the_same_of_themselves(
    peers: tuple[Peer, Peer], endpoint: ScriptedEndpoint, server: ScriptedServer
) -> None:
    endpoint.plays(model.says("It is ", "on."))
    server.plays(door.says("It is ", "on."))
    for path in ("/api/info", "/api/status"):
        real, scripted = [await peer.ask("GET", path) for peer in peers]
        assert (real.status, real.kind) == (scripted.status, scripted.kind) == (200, "application/json")
        assert shape_of(real.body) == shape_of(scripted.body), path
    for peer in peers:
        await peer.stream({"messages": [WORDS]})
    real_event, scripted_event = [await peer.first_event() for peer in peers]
    assert real_event[0] == scripted_event[0] == "status"
    assert shape_of(real_event[1]) == shape_of(scripted_event[1])
    assert real_event[1]["latest"]["prompt_tokens"] > 0


async def test_they_take_the_same_and_give_out_the_same(peers: tuple[Peer, Peer]) -> None:
    for peer in peers:
        body = {"messages": [WORDS], "tools": [TOOL], "sotto": {"home": await peer.home(), "prompt": PROMPT}}
        prefilled = await peer.ask("POST", "/api/prefill", body)
        assert (prefilled.status, shape_of(prefilled.body)) == (200, {"tokens": "number"})
        paired = await peer.ask("POST", "/api/pair", {"client": "Home Assistant"}, token="")
        assert (paired.status, shape_of(paired.body)) == (200, {"id": "str", "token": "str"})
        assert paired.body["token"] == peer.token
        assert paired.body["id"] == (await peer.ask("GET", "/api/info", token="")).body["id"]
        assert not (await peer.ask("GET", "/api/info", token="")).body["pairing"]


async def test_they_refuse_in_the_same_words(peers: tuple[Peer, Peer]) -> None:
    system = {"role": "system", "content": "You are a parrot."}
    pair = ("POST", "/api/pair", {"client": "Home Assistant"})
    asked: list[tuple[str, str, Json | None]] = [
        ("GET", "/api/nothing", None),
        ("POST", "/v1/chat/completions", {"messages": [WORDS], "sotto": {"home": "0" * 32, "prompt": PROMPT}}),
        ("POST", "/v1/chat/completions", {"messages": [system, WORDS], "sotto": {"prompt": PROMPT}}),
        pair,
        pair,
    ]
    answers = [[await peer.ask(*each) for each in asked] for peer in peers]
    answers = [
        [*those, await peer.ask("GET", "/api/status", token="wrong")]
        for peer, those in zip(peers, answers, strict=True)
    ]
    for real, scripted in zip(*answers, strict=True):
        assert (real.status, shape_of(real.body).keys()) == (scripted.status, shape_of(scripted.body).keys())
        if real.status != 200:
            real_error, scripted_error = real.body["error"], scripted.body["error"]
            assert real_error.keys() == scripted_error.keys()
            assert [real_error[name] for name in ("code", "type")] == [
                scripted_error[name] for name in ("code", "type")
            ]
    assert [each.status for each in answers[0]] == [404, 404, 400, 200, 403, 401]


async def test_they_stream_the_same_chunks(
    peers: tuple[Peer, Peer], endpoint: ScriptedEndpoint, server: ScriptedServer
) -> None:
    # Of words before a call the real door keeps back what would claim something.
    endpoint.plays(model.says("It is ", "on."), model.calls("HassTurnOn", name="Bed lamp"))
    server.plays(door.says("It is ", "on."), door.calls("HassTurnOn", name="Bed lamp"))
    streams: list[list[tuple[str, Any]]] = []
    for peer in peers:
        body = {"messages": [WORDS], "tools": [TOOL], "sotto": {"home": await peer.home(), "prompt": PROMPT}}
        streams.append([*await peer.stream({"messages": [WORDS]}), *await peer.stream(body)])
    real, scripted = [[(name, shape_of(data)) for name, data in stream] for stream in streams]
    assert [each for each in real if each not in scripted] == []
    assert [each for each in scripted if each not in real] == []
    for stream in streams:
        assert [name for name, _ in stream if name] == []
        assert stream[-1] == ("", "[DONE]")
        deltas = [data["choices"][0]["delta"] for _, data in stream if data != "[DONE]" and data["choices"]]
        calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
        assert [(call["index"], json.loads(call["function"]["arguments"])) for call in calls] == [
            (0, {"name": "Bed lamp"})
        ]


async def test_they_break_off_in_the_same_way(
    peers: tuple[Peer, Peer], endpoint: ScriptedEndpoint, server: ScriptedServer
) -> None:
    endpoint.otherwise = [*model.says("Once upon a time there was a lamp. ", "It"), model.Break()]
    server.plays([*door.says("Once upon a time there was a lamp. ", "It"), door.Fail("remote-failed")])
    real, scripted = [await peer.stream({"messages": [WORDS]}) for peer in peers]
    assert real[-1][0] == scripted[-1][0] == "error"
    assert shape_of(real[-1][1]) == shape_of(scripted[-1][1])
    assert real[-1][1]["error"]["type"] == scripted[-1][1]["error"]["type"]


@pytest.fixture
async def agent(hass: HomeAssistant, house: House, real: RealDoor) -> AsyncIterator[str]:
    """The entity id of an agent of the real server, in a furnished house."""
    info = await SottoClient(async_get_clientsession(hass), real.url).info()
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Real",
        unique_id=info.id,
        data={CONF_URL: real.url, CONF_TOKEN: real.token},
        subentries_data=[
            ConfigSubentryData(
                subentry_type=SUBENTRY_CONVERSATION, title="Sotto", data=dict(NEW_CONVERSATION), unique_id=None
            )
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield "conversation.sotto"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_what_is_said_to_home_assistant_is_done_by_way_of_the_real_server(
    hass: HomeAssistant, house: House, agent: str, endpoint: ScriptedEndpoint
) -> None:
    def turn_on(received: model.Received) -> list[model.Step]:
        tools = [tool["function"]["name"] for tool in received.body["tools"]]
        return model.calls(next(name for name in tools if name.endswith("HassTurnOn")), name="night lamp")

    endpoint.plays(turn_on)
    endpoint.otherwise = model.says("It is on.")
    said = await conversation.async_converse(hass, WORDS["content"], None, Context(), "en", agent)
    assert house.state("light.bed_lamp") == "on"
    assert said.response.error_code is None
    assert said.response.speech["plain"]["speech"]


async def test_a_home_with_odd_names_and_values_is_understood_by_the_real_server(
    hass: HomeAssistant, house: House, agent: str, endpoint: ScriptedEndpoint
) -> None:
    """One name that the server refuses would leave the household without an answer to anything."""
    entities, areas = er.async_get(hass), ar.async_get(hass)
    entities.async_update_entity("light.bed_lamp", aliases=[er.COMPUTED_NAME, " ", "", "x" * 300, "night lamp"])
    entities.async_update_entity("switch.kettle", aliases=[" "])
    kitchen = areas.async_get_area_by_name("Kitchen")
    assert kitchen is not None
    areas.async_update(kitchen.id, aliases={"", " ", "galley", "x" * 300})
    odd = {"temperature": float("nan"), "brightness": float("inf"), "media_title": {1, 2}, "humidity": b"\xff"}
    hass.states.async_set("sensor.odd", "x", {"friendly_name": " ", "device_class": "x" * 300, **odd})
    house.expose("sensor.odd")
    await hass.async_block_till_done()
    endpoint.plays(model.says("It has a great sense of humour."))
    said = await conversation.async_converse(hass, "why does everybody like the moon", None, Context(), "en", agent)
    assert said.response.speech["plain"]["speech"] == "It has a great sense of humour."


async def test_long_instructions_and_much_to_be_known_of_a_conversation_are_taken(
    hass: HomeAssistant, agent: str, endpoint: ScriptedEndpoint
) -> None:
    endpoint.plays(model.says("It has a great sense of humour."))
    told = "There is an appointment with the dentist. " * 200
    said = await conversation.async_converse(
        hass, "why does everybody like the moon", None, Context(), "en", agent, extra_system_prompt=told
    )
    assert said.response.speech["plain"]["speech"] == "It has a great sense of humour."


async def test_a_question_of_the_real_server_is_answered_in_words(
    hass: HomeAssistant, agent: str, endpoint: ScriptedEndpoint
) -> None:
    endpoint.plays(model.says("Because it has ", "a great sense of humour."))
    said = await conversation.async_converse(hass, "why does everybody like the moon", None, Context(), "en", agent)
    assert said.response.speech["plain"]["speech"] == "Because it has a great sense of humour."
