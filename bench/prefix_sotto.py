"""Sotto's side of `script/bench prefix`: both doors before one model, and what it evaluates for whom.

The model computes in a process of its own, as always; the doors are in this one, so that the moment at which its
first token comes can be seen: the guard holds words back until they are known to be true.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp

from wyoming_servers.conversation.engine import (
    ChatRequest,
    Finished,
    LanguageModel,
    ModelEvent,
    ModelState,
    ModelStatus,
)
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.conversation.server import ConversationService
from wyoming_servers.conversation.thinking import Thinking
from wyoming_servers.front.server import Server
from wyoming_servers.home.model import Home, HomeSnapshot
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.pipeline.assistant import Assistant
from wyoming_servers.protocol.service import Stage
from wyoming_servers.settings import build as settings_of

from .prefix_house import Turn, changed
from .prefix_report import Measured
from .prefix_theirs import ANSWER_TOKENS, Json, stream

QUIET_S = 1.0
"""Nobody speaks for so long after a start: what was evaluated is written to disk."""
PREPARED_WITHIN_S = 1200.0


@dataclass
class Seen:
    """One answer of the model."""

    first: float
    """When its first token came, on the clock of `monotonic`."""
    finished: Finished


class Watched(LanguageModel):
    """A language model, and what it was asked for."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.answers: list[Seen] = []
        self.prefills: list[tuple[int, float]] = []
        """Tokens and seconds of each."""
        self._prefilling = 0

    @property
    def status(self) -> ModelStatus:
        """How it is."""
        return self._model.status

    async def start(self) -> None:
        """Begin to load."""
        await self._model.start()

    async def stop(self) -> None:
        """End it."""
        await self._model.stop()

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        """Yield an answer as it is written."""
        first: float | None = None
        async with aclosing(self._model.chat(request)) as events:
            async for event in events:
                first = first or monotonic()
                if isinstance(event, Finished):
                    self.answers.append(Seen(first, event))
                yield event

    async def prefill(self, request: ChatRequest) -> int:
        """Evaluate a prompt ahead of time."""
        self._prefilling += 1
        started = monotonic()
        try:
            tokens = await self._model.prefill(request)
        finally:
            self._prefilling -= 1
        self.prefills.append((tokens, monotonic() - started))
        return tokens

    async def prepared(self, after: int) -> None:
        """Wait until there were more than so many prefills, and none is under way."""
        async with asyncio.timeout(PREPARED_WITHIN_S):
            while self.status.state is ModelState.LOADING or self._prefilling or len(self.prefills) <= after:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


class Mirror(Home):
    """A house that a client looks after, as Home Assistant does."""

    def __init__(self, snapshot: HomeSnapshot) -> None:
        super().__init__()
        self._snapshot = snapshot

    @property
    def snapshot(self) -> HomeSnapshot:
        """The house as it is now."""
        return self._snapshot

    def change(self, states: Mapping[str, str]) -> None:
        """Take on other states, of which nobody is told who only wants to know of names."""
        self._snapshot = changed(self._snapshot, states)


@dataclass
class Sotto:
    """A running server."""

    home: Mirror
    model: Watched
    service: ConversationService
    thinking: Thinking
    wyoming: str
    http: str
    language: str
    _conversation: int = 0

    async def turn(self, turn: Turn) -> Measured:
        """Say something through the Wyoming door, as Home Assistant's pipeline does."""
        self.home.change(turn.changes)
        before = len(self.model.prefills)
        self.hear()
        await self.model.prepared(before)
        return await self.answer(turn, before)

    def hear(self) -> None:
        """Do what speech recognition does when somebody begins to speak."""
        self.service.prepare(self.language)

    async def answer(self, turn: Turn, before: int) -> Measured:
        """Say the words, for which there were prefills after so many."""
        self._conversation += not turn.follows
        context = {"conversation_id": f"{self._conversation}", "device_id": turn.device}
        answers, started = len(self.model.answers), monotonic()
        await Assistant(self.wyoming).understand(turn.words, self.language, context)
        return self.measured(turn, before, answers, started)

    def measured(self, turn: Turn, prefills: int, answers: int, started: float) -> Measured:
        """Return what the turn cost that began with so many prefills and answers, and whose speech ended then."""
        if len(self.model.answers) == answers:
            raise RuntimeError(f"No language model was needed for: {turn.words}")
        seen = self.model.answers[answers]
        ahead_of_it = self.model.prefills[prefills:]
        return Measured(
            name=turn.name,
            first_s=seen.first - started,
            prompt_tokens=seen.finished.prompt_tokens,
            reused_tokens=seen.finished.reused_tokens,
            ahead_tokens=sum(tokens for tokens, _ in ahead_of_it),
            ahead_s=sum(seconds for _, seconds in ahead_of_it),
        )


@asynccontextmanager
async def sotto(folder: Path, model: Path, home: HomeSnapshot, language: str) -> AsyncIterator[Sotto]:
    """Run Sotto with its defaults; what it keeps on disk is in `folder`. Its own prompt is evaluated when it begins."""
    options = {"data_dir": str(folder), "language": language, "llm_model": str(model)}
    settings = settings_of({**options, "http_uri": "tcp://127.0.0.1:0", "llm_max_tokens": ANSWER_TOKENS})
    mirror, watched = Mirror(home), Watched(LlamaCpp(settings, model))
    mind = Mind(watched)
    thinking = Thinking(mind, mirror, settings.llm)
    service = ConversationService(settings, mirror, thinking)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            Server("tcp://127.0.0.1:0", {Stage.CONVERSATION: service}, listed_within_s=0)
        )
        door = HttpDoor(settings, mind, mirror)
        await door.start()
        stack.push_async_callback(door.stop)
        await watched.prepared(0)
        await asyncio.sleep(QUIET_S)
        urls = f"tcp://127.0.0.1:{server.port}", f"http://127.0.0.1:{door.port}"
        yield Sotto(mirror, watched, service, thinking, *urls, language)


@dataclass
class Client:
    """What Home Assistant is to the HTTP door: the words, Assist's tools, the states, and the conversation so far."""

    server: Sotto
    told: Mapping[str, Mapping[str, Any]]
    """What Home Assistant tells a model, by device, and `timers`."""
    history: list[Json] = field(default_factory=list)
    _conversation: int = 0
    _hash: str = ""

    async def turn(self, turn: Turn) -> Measured:
        """Say something."""
        sotto_ = self.server
        sotto_.home.change(turn.changes)
        self._conversation += not turn.follows
        history = self.history if turn.follows else []
        before = len(sotto_.model.prefills)
        self._hash = self._hash or await self._send_home()
        sotto_.hear()  # and which door is meant the speech recognition does not know
        # Home Assistant tells an agent that somebody begins to speak, not where.
        await self._post("/api/prefill", self._body(turn, history, device=None))
        answers, started = len(sotto_.model.answers), monotonic()
        await self.ask(turn, [*history, {"role": "user", "content": turn.words}])
        return sotto_.measured(turn, before, answers, started)

    async def ask(self, turn: Turn, messages: Sequence[Json]) -> str:
        """Return the answer to messages, and keep both."""
        url = f"{self.server.http}/v1/chat/completions"
        text, _ = await stream(url, self._body(turn, messages, device=turn.device))
        self.history = [*messages, {"role": "assistant", "content": text}]
        return text

    def _body(self, turn: Turn, messages: Sequence[Json], device: str | None) -> Json:
        entities = self.server.home.snapshot.entities
        states = {each.entity_id: {"state": each.state, "attributes": dict(each.attributes)} for each in entities}
        return {
            "messages": [*messages],
            "tools": _functions(self.told["timers" if turn.timers else turn.device]["tools"]),
            "stream": True,
            "temperature": 0.0,
            "sotto": {
                "home": self._hash,
                "device": device,
                "language": self.server.language,
                "prompt": {"states": states, "conversation": f"{self._conversation}"},
            },
        }

    async def _send_home(self) -> str:
        home = self.server.home.snapshot
        body = {
            "floors": [vars_of(each) for each in home.floors],
            "areas": [vars_of(each) for each in home.areas],
            "entities": [vars_of(each) for each in home.entities],
            "device_areas": dict(home.device_areas),
        }
        return str((await self._post("/api/home", body))["hash"])

    async def _post(self, path: str, body: Json) -> Json:
        timeout = aiohttp.ClientTimeout(PREPARED_WITHIN_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(self.server.http + path, json=body) as response,
        ):
            answer: Json = await response.json()
        if response.status != 200:
            raise RuntimeError(f"{path}: {answer}")
        return answer


def vars_of(thing: Any) -> Json:
    """Return the fields of a floor, area or entity as JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(thing).items()}


def _functions(tools: Sequence[Mapping[str, Any]]) -> list[Json]:
    return [{"type": "function", "function": tool} for tool in tools]
