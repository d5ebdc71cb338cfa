"""Sotto's side of `script/bench prefix`: both doors before one model, and what it evaluates for whom.

The model computes in a process of its own, as always; the doors are in this one, so that the moment at which its
first token comes can be seen: the guard holds words back until they are known to be true.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp

from wyoming_servers.cli.assistant import Assistant
from wyoming_servers.conversation.engine import (
    ChatRequest,
    Finished,
    LanguageModel,
    Message,
    ModelEvent,
    ModelState,
    ModelStatus,
)
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.conversation.prompt.moment import Moment, tail
from wyoming_servers.conversation.prompt.persona import load_persona
from wyoming_servers.conversation.prompt.prompt import build, opening_message, user_message
from wyoming_servers.conversation.prompt.relevance import Index
from wyoming_servers.conversation.prompt.tail import Tail, ahead
from wyoming_servers.conversation.server import ConversationService
from wyoming_servers.conversation.thinking import Thinking
from wyoming_servers.front.server import Server
from wyoming_servers.home.model import Home, HomeSnapshot
from wyoming_servers.http.door import HttpDoor
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
    """What Home Assistant will be to the HTTP door: Assist's tools, Sotto's prompt, and the conversation so far."""

    server: Sotto
    told: Mapping[str, Mapping[str, Any]]
    """What Home Assistant tells a model, by device, and `timers`."""
    _history: list[Json] = field(default_factory=list)
    _hash: str = ""

    async def turn(self, turn: Turn) -> Measured:
        """Say something."""
        sotto_ = self.server
        sotto_.home.change(turn.changes)
        history = self._history if turn.follows else []
        before = len(sotto_.model.prefills)
        # Home Assistant tells an agent that somebody begins to speak, not where.
        opening = opening_message(Tail(ahead(datetime.now(), None, self._prompt.persona)))  # noqa: DTZ005
        await self._send_home()
        sotto_.hear()  # and which door is meant the speech recognition does not know
        await self._post("/api/prefill", self._body(turn, history, opening))
        said = user_message(turn.words, self._tail(turn))
        answers, started = len(sotto_.model.answers), monotonic()
        text, _ = await stream(f"{sotto_.http}/v1/chat/completions", self._body(turn, history, said))
        self._history = [*history, _json(said), {"role": "assistant", "content": text}]
        return sotto_.measured(turn, before, answers, started)

    @cached_property
    def _prompt(self) -> Any:
        return build(self.server.home.snapshot, load_persona(self.server.language))

    def _tail(self, turn: Turn) -> Tail:
        home = self.server.home.snapshot
        moment = Moment(datetime.now(), home.area(home.device_areas[turn.device]))  # noqa: DTZ005 - the house's clock
        return tail(self._prompt, home, Index(home), turn.words, moment)

    def _body(self, turn: Turn, history: Sequence[Json], said: Message) -> Json:
        """Return a completion's body; before the last message nothing depends on rooms, states or devices."""
        tools = self.told["timers" if turn.timers else turn.device]["tools"]
        return {
            "messages": [_json(self._prompt.system), *history, _json(said)],
            "tools": _functions(tools),
            "stream": True,
            "temperature": 0.0,
            "sotto": {"home": self._hash, "device": turn.device, "language": self.server.language},
        }

    async def _send_home(self) -> None:
        """Send the home with its states, and the tools of all satellites."""
        home = self.server.home.snapshot
        body = {
            "floors": [vars_of(each) for each in home.floors],
            "areas": [vars_of(each) for each in home.areas],
            "entities": [vars_of(each) for each in home.entities],
            "device_areas": dict(home.device_areas),
            "tools": _functions(self.told["timers"]["tools"]),
        }
        self._hash = (await self._post("/api/home", body))["hash"]

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


def _json(message: Message) -> Json:
    return {"role": message.role.value, "content": message.content}


def _functions(tools: Sequence[Mapping[str, Any]]) -> list[Json]:
    return [{"type": "function", "function": tool} for tool in tools]
