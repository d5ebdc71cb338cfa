"""A client like Home Assistant's integration: bare words, Assist's tools with their prefixes, a chat log of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp

from wyoming_servers.conversation.prompt.tools import LIVE_CONTEXT, tools
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Entity, HomeSnapshot

Json = dict[str, Any]


def home_body(home: HomeSnapshot = DEMO_HOUSE, **more: Any) -> Json:
    """Return the body of `POST /api/home`."""
    return {
        "floors": [_plain(each) for each in home.floors],
        "areas": [_plain(each) for each in home.areas],
        "entities": [_plain(each) for each in home.entities],
        "device_areas": dict(home.device_areas),
        **more,
    }


def _plain(thing: Any) -> Json:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(thing).items()}


def function(name: str, description: str = "", /, **properties: Any) -> Json:
    """Return a tool."""
    parameters = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def assist_tools(home: HomeSnapshot = DEMO_HOUSE, prefix: str = "", *, without: Iterable[str] = ()) -> list[Json]:
    """Return Assist's tools as Home Assistant has them: named by integration, described at length, in any order."""
    names = [tool.name for tool in tools(home) if tool.name not in set(without)]
    text = {"type": "string"}
    where = {"name": text, "area": text, "floor": text, "domain": {"type": "array", "items": text}}
    return [
        function(f"{prefix}{'homeassistant' if name == LIVE_CONTEXT else 'intent'}__{name}", f"Long: {name}", **where)
        for name in reversed(names)
    ]


TIME = function("llm__GetDateTime", "Provides the current date and time.")
SCRIPT = function("script__good_night", "Aliases: ['bedtime']", fade={"type": "integer"})


@dataclass
class Answer:
    """What came back."""

    text: str = ""
    calls: list[Json] = field(default_factory=list)
    usage: Json = field(default_factory=dict)
    own: Json = field(default_factory=dict)
    """What Sotto says beside it."""

    @property
    def called(self) -> list[tuple[str, Json]]:
        """Names and arguments."""
        return [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in self.calls]


@dataclass
class Assist:
    """One conversation with the door."""

    http: aiohttp.ClientSession
    home: str | None = None
    """The hash."""
    tools: Sequence[Json] = ()
    language: str = "en"
    area: str | None = None
    device: str | None = None
    conversation: str | None = "01JAAAAAAAAAAAAAAAAAAAAAAA"
    prompt: Json = field(default_factory=dict)
    log: list[Json] = field(default_factory=list)

    async def says(self, words: str | list[Json], **prompt: Any) -> Answer:
        """Say something, and keep what comes back."""
        self.log.append({"role": "user", "content": words})
        return await self.answered(**prompt)

    async def did(self, calls: Sequence[Json], *results: Mapping[str, Any] | str, **prompt: Any) -> Answer:
        """Report what became of calls, and keep what comes back."""
        for call, result in zip(calls, results, strict=True):
            self.result(call["id"], result)
        return await self.answered(**prompt)

    def result(self, call_id: str, result: Mapping[str, Any] | str) -> None:
        """Put a result into the log."""
        content = result if isinstance(result, str) else json.dumps(result)
        self.log.append({"role": "tool", "tool_call_id": call_id, "content": content})

    async def answered(self, **prompt: Any) -> Answer:
        """Ask for an answer, streamed."""
        body = {**self.body(**prompt), "stream": True, "stream_options": {"include_usage": True}}
        answer = Answer()
        async with self.http.post("/v1/chat/completions", json=body) as response:
            assert response.status == 200, await response.text()
            async for line in response.content:
                if line.startswith(b"data: {"):
                    _add(answer, json.loads(line.removeprefix(b"data: ")))
        calls = {"tool_calls": answer.calls} if answer.calls else {}
        self.log.append({"role": "assistant", "content": answer.text or None, **calls})
        return answer

    async def prefill(self, *messages: Json, **prompt: Any) -> int:
        """Have the next turn prepared; return how many tokens that took."""
        body = {**self.body(**prompt), "messages": [*self.log, *messages]}
        async with self.http.post("/api/prefill", json=body) as response:
            told = await response.json()
            assert response.status == 200, told
        return int(told["tokens"])

    def body(self, **prompt: Any) -> Json:
        """Return the body of a completion."""
        sotto = {"home": self.home, "area": self.area, "device": self.device, "language": self.language}
        written = {"conversation": self.conversation, **self.prompt, **prompt}
        return {"messages": self.log, "tools": [*self.tools], "sotto": {**sotto, "prompt": written}}


def _add(answer: Answer, chunk: Json) -> None:
    answer.usage = chunk.get("usage") or answer.usage
    answer.own = chunk.get("sotto") or answer.own
    for choice in chunk["choices"]:
        answer.text += choice["delta"].get("content") or ""
        for call in choice["delta"].get("tool_calls", ()):
            answer.calls.append({key: value for key, value in call.items() if key != "index"})


async def send_home(http: aiohttp.ClientSession, home: HomeSnapshot = DEMO_HOUSE) -> str:
    """Send a home; return its hash."""
    async with http.post("/api/home", json=home_body(home)) as response:
        return str((await response.json())["hash"])


def done(*entities: Entity, failed: Sequence[Entity] = (), **slots: Any) -> Json:
    """Return the result of an intent, as Home Assistant 2026.10 has it in its chat log."""
    data = {"success": [*map(_target, entities)], "failed": [*map(_target, failed)]}
    told = {"speech_slots": slots} if slots else {}
    return {"data": {"speech": {}, "response_type": "action_done", **told, "data": data}, "error": False}


def _target(entity: Entity) -> Json:
    return {"name": entity.name, "type": "entity", "id": entity.entity_id}


def broke(error: str = "MatchFailedError", text: str = "<MatchFailedError ...>") -> Json:
    """Return the result of a call that Home Assistant could not execute."""
    return {"data": {"error": error, "error_text": text}, "error": True}
