"""What a stage is to the front: the programs it offers, and one exchange with a client at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import ClassVar

from wyoming.event import Event
from wyoming.info import Info

from ..host import EngineReport
from .connection import Connection


class Stage(StrEnum):
    """The stages of an utterance, in their order."""

    WAKE = "wake"
    STT = "stt"
    CONVERSATION = "conversation"
    TTS = "tts"
    HOME = "home"
    """The demo house: executes intents where there is no Home Assistant to do it."""


class Service(ABC):
    """One stage, in this process or elsewhere."""

    stage: ClassVar[Stage]

    @property
    @abstractmethod
    def info(self) -> Info:
        """The programs of this stage, from memory: never waits for an engine."""

    @property
    def reports(self) -> list[EngineReport]:
        """What does this stage, and how it is, from memory."""
        return []

    async def start(self) -> None:
        """Begin to load; returns at once."""

    async def listed(self) -> None:
        """Return when `info` names what the stage offers; for most, that is from the beginning."""

    async def reload(self) -> None:
        """Take up what is new on disk; returns when it is in use. Nothing fails meanwhile, and nothing is raised.

        For most stages there is nothing to do: they look at their folders themselves.
        """

    async def stop(self) -> None:
        """End what `start` began."""

    @abstractmethod
    async def serve(self, connection: Connection, first: Event) -> None:
        """Answer one request, of which `first` is the first event, and return when it is answered.

        Raises SottoError for what the client should be told as an `error` event, and ClientGoneError when the
        client has left.
        """


FIRST_EVENTS = {
    "detect": Stage.WAKE,
    "transcribe": Stage.STT,
    "transcript": Stage.CONVERSATION,
    "recognize": Stage.CONVERSATION,
    "synthesize": Stage.TTS,
    "synthesize-start": Stage.TTS,
    "intent": Stage.HOME,
    "intents-start": Stage.HOME,
}
"""Which stage a request belongs to, by its first event."""
