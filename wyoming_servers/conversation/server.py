"""The conversation stage: a sentence in, intents for Home Assistant to execute or a sentence to speak out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from wyoming.asr import Transcript
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Attribution, Info, IntentModel, IntentProgram
from wyoming.intent import Entity, Intent, IntentsStart, IntentsStop, Recognize

from .. import __version__
from ..errors import EngineLoadingError, SottoError
from ..home.model import Home, HomeSnapshot
from ..host import EngineHost, EngineReport
from ..protocol.connection import Connection
from ..protocol.fields import parse, require_text
from ..protocol.service import Service, Stage
from ..settings import Settings
from ..turns.recording import engine
from ..turns.turn import Phase
from ..worker import Priority
from .consulting import Consulting
from .guard.sentences import Sentence, say
from .languages import FALLBACK, LANGUAGES, language_of, resolve_language
from .purpose import asks_how_it_is
from .recognizer import Command
from .understanding import Answer, Understanding, Utterance

if TYPE_CHECKING:  # it needs packages that are not there without a language model
    from .thinking import Thinking

_LOGGER = logging.getLogger(__name__)

_SENTENCES_VERSION = version("home-assistant-intents")
_ATTRIBUTION = Attribution(name="OHF-Voice", url="https://github.com/OHF-Voice/intents")


class ConversationService(Service):
    """Understands commands for a home."""

    stage = Stage.CONVERSATION

    def __init__(
        self, settings: Settings, home: Home, thinking: Thinking | None = None, consulting: Consulting | None = None
    ) -> None:
        """`thinking` answers what is not understood without a language model; it is started and stopped here.
        `consulting` asks the household's documents.
        """  # noqa: D205 - one sentence each
        self._thinking = thinking
        self._consulting = consulting or Consulting()
        self._preparing: asyncio.Task[None] | None = None
        self._language = settings.server.language
        self._home = home
        self._understanding = Understanding(home, self._language, settings.conversation.max_chars)
        self._host = EngineHost("conversation", [self._understanding])
        self._changed = asyncio.Event()
        self._follower: asyncio.Task[None] | None = None
        self._unsubscribe = contextlib.ExitStack()

    @property
    def info(self) -> Info:
        """One intent program with every language of `home-assistant-intents`."""
        model = IntentModel(
            name="home-assistant-intents",
            attribution=_ATTRIBUTION,
            installed=True,
            description="Home Assistant's own sentences, over the names of this home",
            version=_SENTENCES_VERSION,
            languages=list(LANGUAGES),
        )
        program = IntentProgram(
            name="sotto",
            attribution=_ATTRIBUTION,
            installed=True,
            description="Sotto",
            version=__version__,
            models=[model],
        )
        return Info(intent=[program])

    @property
    def reports(self) -> list[EngineReport]:
        """What reads sentences without a model."""
        return [self._host.report("hassil", "home-assistant-intents", "cpu")]

    async def start(self) -> None:
        """Load the configured language and follow the home's names."""
        self._host.start()
        self._unsubscribe.callback(self._home.subscribe(self._on_home))
        self._follower = asyncio.create_task(self._follow(), name="conversation-home")
        if self._thinking is not None:
            await self._thinking.start()
            self.prepare(self._language)

    async def reload(self) -> None:
        """Take up a language model that has come, or a better one; returns when it answers."""
        if self._thinking is not None:
            await self._thinking.reload()
            self.prepare(self._language)

    async def stop(self) -> None:
        """Stop following the home and end the worker and the language model."""
        self._unsubscribe.close()
        tasks = [task for task in (self._follower, self._preparing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._thinking is not None:
            await self._thinking.stop()
        await self._host.stop()

    def prepare(self, language: str) -> None:
        """Have the language model read what comes before the words that somebody is about to say. Returns at once."""
        if self._thinking is not None and (self._preparing is None or self._preparing.done()):
            self._preparing = asyncio.create_task(
                self._thinking.prepare(language or self._language), name="conversation-prepare"
            )

    def is_command(self, text: str, language: str) -> bool:
        """Whether the text is a whole command of this home; False while loading. May be called from any thread."""
        return self._understanding.is_command(text, language)

    async def serve(self, connection: Connection, first: Event) -> None:
        """Answer a `transcript` or `recognize`."""
        utterance, context = self._parse(first)
        answer = await connection.while_connected(self._answer(utterance))
        for event in _events(answer, context):
            await connection.write(event)

    def _parse(self, first: Event) -> tuple[Utterance, dict[str, Any] | None]:
        language = first.data.get("language") or self._language
        request = parse(Recognize, first) if Recognize.is_type(first.type) else parse(Transcript, first)
        context = request.context if isinstance(request.context, dict) else None
        device_id, conversation_id = (_text((context or {}).get(key)) for key in ("device_id", "conversation_id"))
        text = require_text(request.text, "text")
        utterance = Utterance(
            text=text,
            language=language_of(text, require_text(language, "language")),
            device_id=device_id,
            conversation_id=conversation_id,
        )
        return utterance, context

    async def _answer(self, utterance: Utterance) -> Answer:
        """Understand on the worker. What fails is said, never sent as an error: Home Assistant would read it out."""
        if await self._consulting.dismissed(utterance.text, utterance.conversation_id, utterance.device_id):
            text = say(Sentence.NOT_MEANT, utterance.language)
            return Answer(resolve_language(utterance.language) or FALLBACK, text=text, handled=True)
        try:
            await self._host.ready()
            answer = await self._host.run(lambda _: self._understanding.understand(utterance))
        except EngineLoadingError:
            return self._understanding.apology("loading", utterance.language)
        except SottoError as err:
            _LOGGER.warning("A sentence was not understood: %s", err)
            return self._understanding.apology("failed", utterance.language)
        if not answer.understood:
            return await self._think(utterance, answer)
        engine(Phase.CONVERSATION, "hassil")
        if self._thinking is not None:
            self._thinking.remember(utterance, answer)
        return answer

    async def _think(self, utterance: Utterance, refusal: Answer) -> Answer:
        """Answer what no template covers, from the documents or out of the model; else there is only the refusal."""
        evidence = await self._consulting.ask(utterance.text, refusal.language, utterance.conversation_id)
        if self._thinking is not None and self._thinking.is_able:
            return await self._thinking.answer(utterance, refusal, evidence)
        if not evidence.extract or asks_how_it_is(utterance.text):
            return refusal
        return replace(refusal, text=evidence.extract, handled=True)

    def _on_home(self, _: HomeSnapshot) -> None:
        self._changed.set()

    async def _follow(self) -> None:
        """Learn the home's names again whenever they change."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._host.run(
                    lambda _: self._understanding.set_home(self._home.snapshot), priority=Priority.LOAD
                )
            except SottoError as err:
                _LOGGER.warning("The home's names could not be learned: %s", err)
            self.prepare(self._language)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _events(answer: Answer, context: dict[str, Any] | None) -> Iterator[Event]:
    """Yield the events that Home Assistant expects: one intent, several between start and stop, or a sentence."""
    if answer.handled:
        yield Handled(text=answer.text, context=context).event()
    elif not answer.commands:
        yield NotHandled(text=answer.text, context=context).event()
    elif len(answer.commands) == 1:
        yield from _intents(answer.commands, context)
    else:
        yield IntentsStart(context=context).event()
        yield from _intents(answer.commands, context)
        yield IntentsStop(context=context).event()


def _intents(commands: Iterable[tuple[Command, str]], context: dict[str, Any] | None) -> Iterator[Event]:
    for command, text in commands:
        entities = [Entity(name, value) for name, value in command.slots.items()]
        yield Intent(name=command.intent, entities=entities, text=text, context=context).event()
