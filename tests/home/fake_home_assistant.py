"""A Home Assistant of a few entities that speaks its WebSocket API on loopback, and can be made to misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

TOKEN = "a.good.token"


class FakeHomeAssistant:
    """What it holds is data to be changed by a test; `fire` tells of a change, as Home Assistant does by itself."""

    def __init__(self) -> None:
        self.floors: list[dict[str, Any]] = [{"floor_id": "up", "name": "Upstairs", "aliases": []}]
        self.areas: list[dict[str, Any]] = [
            {"area_id": "bath", "name": "Bathroom", "aliases": ["loo"], "floor_id": "up"},
            {"area_id": "hall", "name": "Hall", "aliases": [], "floor_id": None},
        ]
        self.devices: list[dict[str, Any]] = [{"id": "d1", "name": "Lamp", "name_by_user": None, "area_id": "bath"}]
        self.entries: dict[str, dict[str, Any]] = {"light.lamp": entry("light.lamp", device_id="d1")}
        self.states: dict[str, dict[str, Any]] = {
            "light.lamp": {"s": "off", "a": {"friendly_name": "Lamp"}},
            "switch.pump": {"s": "on", "a": {"friendly_name": "Pump"}},
            "switch.hidden": {"s": "on", "a": {"friendly_name": "Hidden"}},
        }
        self.exposed = {"light.lamp", "switch.pump"}
        self.errors: dict[str, str] = {}
        """Error codes by the command that is answered with them."""
        self.phase = "RUNNING"
        """What it says of itself while it starts, runs and stops."""
        self.silent = False
        """Whether it reads what comes and answers nothing."""
        self.commands: Counter[str] = Counter()
        self.logins = 0
        self.port = 0
        self.peers: set[_Peer] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Return the address as a user would write it."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def listen(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._on_client, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Break all connections and listen no longer."""
        assert self._server is not None
        self._server.close()
        self.drop()
        await asyncio.gather(*(peer.task for peer in self.peers))

    def drop(self) -> None:
        """Break all connections without a farewell."""
        for peer in self.peers:
            peer.writer.transport.abort()

    def fire(self, event_type: str) -> None:
        """Tell of an event to those who listen for its type."""
        for peer in self.peers:
            for number in peer.events.get(event_type, ()):
                peer.send({"id": number, "type": "event", "event": {"event_type": event_type, "data": {}}})

    def tell_states(self, event: Any) -> None:
        """Send an event to those who follow states."""
        for peer in self.peers:
            for number in peer.states:
                peer.send({"id": number, "type": "event", "event": event})

    def result(self, message: dict[str, Any]) -> Any:
        """Return the result of a command."""
        results: dict[str, Callable[[], Any]] = {
            "get_config": lambda: {"state": self.phase},
            "config/floor_registry/list": lambda: self.floors,
            "config/area_registry/list": lambda: self.areas,
            "config/device_registry/list": lambda: self.devices,
            "config/entity_registry/get_entries": lambda: {
                entity_id: self.entries.get(entity_id) for entity_id in message["entity_ids"]
            },
            "homeassistant/expose_entity/list": lambda: {
                "exposed_entities": {entity_id: {"conversation": True} for entity_id in self.exposed}
            },
        }
        return results.get(message["type"], lambda: None)()

    def _on_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peers.add(_Peer(self, reader, writer))


class _Peer:
    """One client."""

    def __init__(self, house: FakeHomeAssistant, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.house = house
        self.writer = writer
        self.task: asyncio.Future[Any] = asyncio.ensure_future(self._serve(reader))
        self.events: dict[str, list[int]] = {}
        self.states: list[int] = []
        self._websocket = WSConnection(ConnectionType.SERVER)
        self._text = ""
        self._last_id = 0

    async def _serve(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.receive(data)
        self.house.peers.discard(self)
        self.writer.close()

    def send(self, message: Any) -> None:
        if not self.writer.is_closing():
            self.writer.write(self._websocket.send(Message(json.dumps(message))))

    def receive(self, data: bytes) -> None:
        self._websocket.receive_data(data)
        for event in self._websocket.events():
            if isinstance(event, Request):
                self.writer.write(self._websocket.send(AcceptConnection(extensions=[PerMessageDeflate()])))
                self.send({"type": "auth_required", "ha_version": "2026.10.4"})
            elif isinstance(event, (Ping, CloseConnection)):
                self.writer.write(self._websocket.send(event.response()))
            elif isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    text, self._text = self._text, ""
                    self._handle(json.loads(text))

    def _handle(self, message: dict[str, Any]) -> None:
        if message["type"] == "auth":
            self.house.logins += 1
            accepted = message["access_token"] == TOKEN
            self.send({"type": "auth_ok", "ha_version": "1"} if accepted else {"type": "auth_invalid", "message": "No"})
            return
        self.house.commands[message["type"]] += 1
        if self.house.silent:
            return
        reused, self._last_id = message["id"] <= self._last_id, message["id"]
        if code := "id_reuse" if reused else self.house.errors.get(message["type"]):
            error = {"code": code, "message": "No"}
            self.send({"id": message["id"], "type": "result", "success": False, "error": error})
            return
        result = self.house.result(message)
        self.send({"id": message["id"], "type": "result", "success": True, "result": result})
        self._subscribe(message)

    def _subscribe(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe_events":
            self.events.setdefault(message["event_type"], []).append(message["id"])
        elif message["type"] == "unsubscribe_events":
            self.states = [number for number in self.states if number != message["subscription"]]
        elif message["type"] == "subscribe_entities":
            self.states.append(message["id"])
            wanted = message.get("entity_ids") or self.house.states
            known = {entity_id: self.house.states[entity_id] for entity_id in wanted if entity_id in self.house.states}
            self.send({"id": message["id"], "type": "event", "event": {"a": known}})


def entry(entity_id: str, **fields: Any) -> dict[str, Any]:
    """Return an entity's entry as Home Assistant 2026.10 sends it; with a device, it has no name of its own."""
    own = {"name": None, "original_name": None, "aliases": [None], "area_id": None, "device_id": None}
    owner = {"next_name_part": "area" if fields.get("area_id") else "device" if fields.get("device_id") else None}
    return {"entity_id": entity_id, **own, **owner, **fields}
