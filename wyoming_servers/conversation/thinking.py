"""What no sentence of Home Assistant covers, answered with the language model: the Wyoming door's side of it.

Actions become commands that Home Assistant executes and answers in its own words, so that one generation is enough.
States are read from the mirror of the home, and the model is asked again with what was found.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from time import monotonic

from ..errors import EngineError, SottoError
from ..home.model import Area, Home, HomeSnapshot
from ..settings import LlmSettings
from .acting import command_of
from .calls.before import said_before
from .calls.call import Call, Situation
from .chatter import is_chatter
from .consulting import NO_EVIDENCE, Evidence
from .engine import ChatRequest, Message, Role, TextDelta, ToolCall
from .guard.sentences import Sentence
from .guard.sentences import say as sentence_in
from .knowledge.quoting import quotations
from .languages import FALLBACK, load_language, resolve_language
from .learned import Ground, Learned
from .mind import Mind
from .prompt.history import Conversations
from .prompt.moment import Moment, tail
from .prompt.prompt import Prompt, calling_nothing, opening_message, request, user_message
from .prompt.states import live_context
from .prompt.tail import Tail, without_notes
from .prompt.tools import DELAYED, LIVE_CONTEXT, callable_tools, delayed_only
from .purpose import asks_how_it_is
from .recognizer import Command
from .replies import say
from .resolution import Refusal, resolve
from .results import DONE
from .understanding import Answer, Utterance, room_of, template_of

_LOGGER = logging.getLogger(__name__)

MAX_ROUNDS = 4
"""So often a turn asks the model: more looks at the home than this lead nowhere."""


class Thinking:
    """Turns of conversations with a language model."""

    def __init__(
        self,
        mind: Mind,
        home: Home,
        settings: LlmSettings,
        clock: Callable[[], float] = monotonic,
        now: Callable[[], datetime] = datetime.now,
        *,
        ignores_chatter: bool = False,
    ) -> None:
        """`ignores_chatter`: whether there is no answer to what a satellite heard that was said to nobody."""
        self._ignores_chatter = ignores_chatter
        self._mind = mind
        self._home = home
        self._settings = settings
        self._now = now
        self._conversations = Conversations(clock)
        self._learned: Learned | None = None
        self._learning = asyncio.Lock()
        self._asked: ChatRequest | None = None
        """What the mind was asked for last by this door."""

    async def start(self) -> None:
        """Begin to load the model."""
        await self._mind.start()

    @property
    def is_able(self) -> bool:
        """Whether there is a model to think with."""
        return self._mind.is_there

    async def reload(self) -> None:
        """Take up a model that has come, or a better one; returns when it answers."""
        await self._mind.reload()

    async def stop(self) -> None:
        """End the model."""
        await self._mind.stop()

    async def answer(self, utterance: Utterance, refusal: Answer, evidence: Evidence = NO_EVIDENCE) -> Answer:
        """Return what the model makes of an utterance, and of what documents say to it. Raises nothing.

        `refusal` is the answer without a model and without documents.
        """
        code = resolve_language(utterance.language) or FALLBACK
        try:
            ground = await self._ground(code)
            is_about_home = bool(evidence.found) and await asyncio.to_thread(self._is_about_home, utterance, ground)
            evidence = NO_EVIDENCE if is_about_home else evidence
            if await asyncio.to_thread(self._is_for_nobody, utterance, ground, evidence):
                return Answer(code, handled=True)
            return await self._answer(utterance, code, ground, evidence)
        except SottoError as err:
            _LOGGER.warning("The language model did not answer (%s): %s", err.code, err)
            if evidence.extract:
                return replace(refusal, text=evidence.extract, handled=True)
            return replace(refusal, text=apology(err, utterance.language))

    def remember(self, utterance: Utterance, answer: Answer) -> None:
        """Keep a turn that needed no model: the next one may refer to it."""
        if answer.commands:
            calls = [ToolCall(command.intent, dict(command.slots)) for command, _ in answer.commands]
            self._keep(utterance, [user_message(utterance.text, Tail())], calls)

    async def prepare(self, language: str, device_id: str | None = None) -> None:
        """Evaluate what comes before the words that are just being spoken, as if the latest conversation went on.

        Whoever speaks may also begin another one; what all of them share is evaluated then in any case. While the other
        door is in use nothing is: two prompts would put each other out, at every sentence that is heard.
        """
        if not self.is_able:
            return
        code = resolve_language(language) or FALLBACK
        here = room_of(self._home.snapshot, device_id)
        try:
            ground = await self._ground(code)
            opening = opening_message(Moment(self._now(), here).opening(ground.prompt.persona))
            history = self._conversations.latest()
            if self._mind.latest is not self._asked:
                return
            self._asked = self._request(ground, None, history, [opening])
            tokens = await self._mind.prefill(self._asked)
        except SottoError as err:
            _LOGGER.debug("Nothing was prepared: %s", err)
        else:
            _LOGGER.debug("%d tokens were evaluated beforehand", tokens)

    def _is_for_nobody(self, utterance: Utterance, ground: Ground, evidence: Evidence) -> bool:
        """Whether nothing is to be said to what a satellite has heard."""
        if utterance.device_id is None or evidence.found:
            return False
        here = room_of(self._home.snapshot, utterance.device_id)
        return evidence.is_dismissed or (self._ignores_chatter and is_chatter(utterance.text, ground.index, here))

    def _is_about_home(self, utterance: Utterance, ground: Ground) -> bool:
        """Whether the home itself knows the answer, whatever documents say."""
        here = room_of(self._home.snapshot, utterance.device_id)
        return asks_how_it_is(utterance.text) and ground.index.knows(utterance.text, here)

    async def _answer(self, utterance: Utterance, code: str, ground: Ground, evidence: Evidence) -> Answer:
        home = self._home.snapshot
        here = room_of(home, utterance.device_id)
        quoted = quotations(evidence.found, ground.prompt.persona.wording) if evidence.found else ()
        moment = Moment(self._now(), here, tuple(each.note for each in quoted))
        before = await asyncio.to_thread(tail, ground.prompt, home, ground.index, utterance.text, moment)
        messages = [user_message(utterance.text, before)]
        history = self._conversations.messages(utterance.conversation_id)
        situation = Situation(home, utterance.text, here, said_before((*history, *messages)), evidence.extract)
        looks: list[ToolCall] = []
        for _ in range(MAX_ROUNDS):
            messages += self._looked(looks, ground.prompt)
            asked = self._request(ground, utterance.device_id, history, messages)
            asked = calling_nothing(asked) if quoted else asked
            text, calls = await self._write(asked, situation, code)
            acts = [call for call in calls if call.name != LIVE_CONTEXT]
            looks = calls
            if acts or not looks:
                break
        else:
            raise EngineError("The language model only looked at the home.", remedy="Another model may do better.")
        if not (acts or text):
            raise EngineError("The language model said nothing.", remedy="Another model may do better.")
        answer = Answer(code, text=text, handled=True)
        if acts:
            answer = await asyncio.to_thread(self._act, acts, home, here, code)
        self._keep(utterance, messages, acts if answer.commands else (), answer.text)
        return answer

    async def _ground(self, language: str) -> Ground:
        """Return what turns in a language begin with, in the home as it is now."""
        home = self._home.snapshot

        def learn() -> Ground:
            learned = self._learned
            if learned is None or learned.naming != home.naming:
                learned = self._learned = Learned(home)
            return learned.ground(language, self._settings.context)

        async with self._learning:
            return await asyncio.to_thread(learn)

    def _request(
        self,
        ground: Ground,
        device_id: str | None,
        history: tuple[Message, ...],
        messages: Sequence[Message],
    ) -> ChatRequest:
        can_ring = device_id is not None or self._home.executes_intents
        narrowed = ground.constraints
        if not can_ring:
            described = (replace(tool, parameters=narrowed.get(tool.name, {})) for tool in ground.prompt.tools)
            narrowed = {**narrowed, **delayed_only(described)}
        return request(
            ground.prompt,
            history,
            *messages,
            callable_names=callable_tools(ground.prompt.tools, timers=can_ring) & narrowed.keys(),
            constraints=narrowed,
            max_tokens=self._settings.max_tokens,
            temperature=self._settings.temperature,
        )

    async def _write(self, asked: ChatRequest, situation: Situation, language: str) -> tuple[str, list[ToolCall]]:
        text, calls = "", []
        self._asked = asked
        async with aclosing(self._mind.chat(asked, situation, language)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    text += event.text
                elif isinstance(event, ToolCall):
                    calls.append(event)
        return text.strip(), calls

    def _looked(self, looks: Sequence[ToolCall], prompt: Prompt) -> list[Message]:
        """Return the calls for states, and what they found."""
        if not looks:
            return []
        home = self._home.snapshot
        return [
            Message(Role.ASSISTANT, calls=tuple(looks)),
            *(
                Message(Role.TOOL, live_context(home, call.arguments, prompt.persona), call_id=call.call_id)
                for call in looks
            ),
        ]

    def _act(self, calls: Sequence[ToolCall], home: HomeSnapshot, here: Area | None, code: str) -> Answer:
        """Return the commands of calls, or why one of them cannot be executed."""
        language = load_language(code)
        commands = [command_of(Call(call.name, call.arguments), home, language.responses) for call in calls]
        outcome = Refusal("no_delay") if self._is_never_done(commands) else resolve(commands, home, here, code)
        if isinstance(outcome, Refusal):
            return Answer(code, text=say(outcome, code, language.errors))
        return Answer(code, tuple((command, template_of(command, language)) for command in outcome))

    def _is_never_done(self, commands: Sequence[Command]) -> bool:
        return self._home.executes_intents and any(DELAYED in command.slots for command in commands)

    def _keep(
        self, utterance: Utterance, messages: Sequence[Message], acts: Sequence[ToolCall], text: str = ""
    ) -> None:
        """Keep a turn in the history of its conversation, as whole as models want it."""
        acts = [replace(call, call_id=call.call_id or f"call_{number}") for number, call in enumerate(acts)]
        called = [Message(Role.ASSISTANT, "", tuple(acts))] if acts else []
        results = [Message(Role.TOOL, DONE, call_id=call.call_id) for call in acts]
        first = replace(messages[0], content=without_notes(messages[0].content))
        self._conversations.add(
            utterance.conversation_id, [first, *messages[1:], *called, *results, Message(Role.ASSISTANT, text or DONE)]
        )


_APOLOGIES = {
    "engine-loading": Sentence.LOADING,
    "engine-unavailable": Sentence.UNAVAILABLE,
    "limit-exceeded": Sentence.TOO_LONG,
    "no-memory": Sentence.NO_MEMORY,
    "overloaded": Sentence.BUSY,
    "remote-failed": Sentence.TIMED_OUT,
}


def apology(err: SottoError, language: str) -> str:
    """Return what is said in the place of an answer that failed."""
    return sentence_in(_APOLOGIES.get(err.code, Sentence.FAILED), language)
