"""Text in, commands or a sentence out: the part of a conversation that needs no model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic

from ..home.model import Area, Home, HomeSnapshot
from .commands import Reading, read
from .follow_up import QUESTIONS, Question, Questions, room_meant, with_name
from .languages import FALLBACK, Language, load_language, resolve_language
from .names import Names
from .recognizer import Command, Recognizer
from .replies import explain, say
from .resolution import Refusal, resolve

_LOGGER = logging.getLogger(__name__)

TIMERS = frozenset(
    {
        "HassStartTimer",
        "HassCancelTimer",
        "HassCancelAllTimers",
        "HassIncreaseTimer",
        "HassDecreaseTimer",
        "HassPauseTimer",
        "HassUnpauseTimer",
        "HassTimerStatus",
    }
)
"""Intents that Home Assistant only takes from a device that shows timers."""


DELAYED = "conversation_command"
"""The slot with the command that a timer is to execute when it is over."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody said, and where."""

    text: str
    language: str
    """BCP 47, as the client wrote it."""
    device_id: str | None = None
    conversation_id: str | None = None
    """Sentences of one conversation may answer what we asked in it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The commands to execute, each with the template of what to say; or a sentence."""

    language: str
    commands: tuple[tuple[Command, str], ...] = ()
    text: str = ""
    understood: bool = True
    """Whether it is known what was asked for, although it may not be done; else a language model may know."""
    handled: bool = False
    """Whether the text is the answer to what was asked, and no refusal."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The names of one home and a recogniser per language, swapped as a whole when the home changes."""

    names: Names
    recognizers: dict[str, Recognizer]


class Understanding:
    """Understands commands for one home. Everything but `is_command` runs on the worker."""

    def __init__(self, home: Home, language: str, max_chars: int, clock: Callable[[], float] = monotonic) -> None:
        self._questions = Questions(clock)
        self._home = home
        self._language = resolve_language(language) or FALLBACK
        self._max_chars = max_chars
        self._vocabulary: _Vocabulary | None = None

    def load(self) -> None:
        """Read the configured language and learn the home's names."""
        self.set_home(self._home.snapshot)
        self.is_command("warm up", self._language)

    def set_home(self, home: HomeSnapshot) -> None:
        """Learn the names of the home; requests use the old ones until this is done."""
        names = Names(home)
        languages = tuple(self._vocabulary.recognizers) if self._vocabulary else (self._language,)
        self._vocabulary = _Vocabulary(names, {code: Recognizer(load_language(code), names) for code in languages})

    def understand(self, utterance: Utterance) -> Answer:
        """Return what the utterance asks for. Never raises for anything that a user can say."""
        code = resolve_language(utterance.language)
        if code is None:
            return Answer(FALLBACK, text=say(Refusal("no_language"), FALLBACK, {}))
        answer = self._answer_to_question(utterance)
        return answer if answer is not None else self._answer(utterance, code)

    def _answer(self, utterance: Utterance, code: str, room: Area | None = None, name: str = "") -> Answer:
        """Answer a sentence; `room` or `name` is what somebody said when we asked about it."""
        recognizer = self._recognizer(code)
        outcome = self._read(utterance, recognizer, room, name)
        if not isinstance(outcome, Refusal):
            return Answer(code, tuple((command, template_of(command, recognizer.language)) for command in outcome))
        if outcome.key in QUESTIONS and utterance.conversation_id:
            question = Question(utterance.text, utterance.language, utterance.device_id)
            self._questions.ask(utterance.conversation_id, question)
        text = say(outcome, code, recognizer.language.errors)
        return Answer(code, text=text, understood=outcome.understood)

    def _answer_to_question(self, utterance: Utterance) -> Answer | None:
        """Complete the sentence that we asked about; None if nothing was asked, or this is no answer to it."""
        question = self._questions.take(utterance.conversation_id) if utterance.conversation_id else None
        code = resolve_language(question.language) if question is not None else None
        if question is None or code is None or len(utterance.text) > self._max_chars:
            return None
        room, name = room_meant(utterance.text, code, self._home.snapshot)
        if room is None and not name:
            return None
        asked = replace(utterance, text=question.text, language=question.language, device_id=question.device_id)
        return self._answer(asked, code, room, name)

    def apology(self, key: str, language: str) -> Answer:
        """Return one of our own sentences, such as `failed`; needs nothing to be loaded."""
        code = resolve_language(language) or FALLBACK
        return Answer(code, text=say(Refusal(key), code, {}))

    def is_command(self, text: str, language: str) -> bool:
        """Whether the text is a whole command of this home. False for a language that is not loaded yet.

        May be called from any thread.
        """
        vocabulary = self._vocabulary
        recognizer = vocabulary.recognizers.get(resolve_language(language) or "") if vocabulary else None
        if recognizer is None or not text.strip() or len(text) > self._max_chars:
            return False
        return bool(read(text, recognizer.language.code, recognizer.recognize, recognizer.mentions).commands)

    def _recognizer(self, code: str) -> Recognizer:
        if self._vocabulary is None:
            self.set_home(self._home.snapshot)
        vocabulary = self._vocabulary
        assert vocabulary is not None  # noqa: S101 - set_home made it
        if code not in vocabulary.recognizers:
            vocabulary.recognizers[code] = Recognizer(load_language(code), vocabulary.names)
        return vocabulary.recognizers[code]

    def _read(
        self, utterance: Utterance, recognizer: Recognizer, room: Area | None, name: str
    ) -> tuple[Command, ...] | Refusal:
        text = utterance.text
        if not any(char.isalnum() for char in text):
            return Refusal("empty")
        if len(text) > self._max_chars:
            return Refusal("too_long")
        home = self._home.snapshot
        here = room or room_of(home, utterance.device_id)
        reading = self._recognize(text, recognizer, here)
        if not reading.commands:
            miss = explain(recognizer.nearest(reading.not_understood), recognizer.language)
            return replace(miss, understood=False)
        if refusal := self._refuse_later(reading, recognizer, utterance.device_id):
            return refusal
        commands = with_name(reading.commands, name, home) if name else reading.commands
        return resolve(commands, home, here, recognizer.language.code)

    def _recognize(self, text: str, recognizer: Recognizer, here: Area | None) -> Reading:
        def recognize(part: str) -> Command | None:
            return recognizer.recognize(part, here is not None)

        return read(text, recognizer.language.code, recognize, recognizer.mentions)

    def _refuse_later(self, reading: Reading, recognizer: Recognizer, device_id: str | None) -> Refusal | None:
        """Say why a timer, or a command that one is to execute, would not come to anything."""
        if any(not _can_be_done_later(each, recognizer) for each in reading.commands):
            return Refusal("no_intent", understood=False)
        if self._home.executes_intents and any(DELAYED in each.slots for each in reading.commands):
            return Refusal("no_delay")
        return Refusal("no_timer_support") if self._timers_need_device(reading, device_id) else None

    def _timers_need_device(self, reading: Reading, device_id: str | None) -> bool:
        """Whether Home Assistant would refuse a timer, because nothing could ring."""
        return (
            device_id is None
            and not self._home.executes_intents
            and any(each.intent in TIMERS and DELAYED not in each.slots for each in reading.commands)
        )


def _can_be_done_later(command: Command, recognizer: Recognizer) -> bool:
    """Whether a command that is to be executed later is one: nobody would hear then that it is not."""
    later = command.slots.get(DELAYED)
    code = recognizer.language.code
    return later is None or bool(read(str(later), code, recognizer.recognize, recognizer.mentions).commands)


def room_of(home: HomeSnapshot, device_id: str | None) -> Area | None:
    """Return the room in which a device stands."""
    return home.area(home.device_areas.get(device_id)) if device_id is not None else None


def template_of(command: Command, language: Language) -> str:
    """Return the template of what is said when the command is done.

    Home Assistant's own agent fills `slots` with the words that were said, its Wyoming client with the values:
    "窗帘" would be "curtain", and German templates fail at a number that is no text. So the words are put into
    the template where they differ.
    """
    template = language.response(command.intent, command.response)
    words = {name: _words(command, name) for name in command.slots if f"slots.{name}" in template}
    spoken = {name: each for name, each in words.items() if each is not None}
    return _with_words(template, spoken) if spoken else template


def _words(command: Command, slot: str) -> str | None:
    """Return a slot's value in words: a number in digits, which every template understands; None if it is that."""
    value, spoken = command.slots[slot], command.spoken.get(slot)
    if not isinstance(value, str):
        return str(value)
    return spoken if spoken and spoken.casefold() != value.casefold() else None


def _with_words(template: str, spoken: Mapping[str, str]) -> str:
    words = ", ".join(f"{name}={_literal(each)}" for name, each in sorted(spoken.items()))
    return f"{{% set slots = dict(slots, {words}) %}}{template}"


def _literal(words: str) -> str:
    """Return a string literal of Jinja's."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
