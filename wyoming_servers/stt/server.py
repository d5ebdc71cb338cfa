"""The speech-to-text stage: its engine, what it publishes, and one utterance for each request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from itertools import takewhile

from wyoming.asr import Transcribe, Transcript
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Info

from ..errors import BadRequestError, SottoError, UnknownModelError
from ..home.model import Home, HomeSnapshot
from ..host import EngineHost, EngineReport, EngineState
from ..memory.governor import Governor
from ..protocol.connection import Connection
from ..protocol.fields import parse
from ..protocol.service import Service, Stage
from ..registry import create_engines
from ..settings import Settings, SttSettings
from ..turns.recording import engine as told_engine
from ..turns.turn import Phase
from ..worker import Cancellation, Priority, Worker
from .endpointing import Timing
from .engine import SttCapabilities, SttEngine, SttRequest
from .giving_way import Ears
from .hearing import Hearing
from .languages import match_language
from .loudness import Loudnesses
from .recognizer import IsCommand, Recognizer
from .utterance import STALL_S, Utterance
from .voice_activity import VoiceActivityPool

_LOGGER = logging.getLogger(__name__)

MAX_NAMES = 200
"""Names and terms that one request may bring; what is more is not read."""

MAX_WINDOWS_WAITING = 4096
"""Each connection has one job at a time on the voice activity's worker, so connections are the limit."""


class SttService(Service):
    """Speech-to-text."""

    stage = Stage.STT

    def __init__(
        self,
        settings: Settings,
        home: Home,
        engines: Sequence[SttEngine] | None = None,
        is_command: Callable[[str, str], bool] | None = None,
        prepare: Callable[[str], None] | None = None,
        governor: Governor | None = None,
    ) -> None:
        """To be made before the event loop serves anybody: it looks for models and imports engines.

        `engines` are tried in their order; by default those that the settings name. `is_command(text, language)` says
        whether a text is a whole command, after which less silence is waited for; it is called on the engine's worker.
        `prepare(language)` is called on the event loop when somebody begins to speak. `governor` grants memory.

        Raises SettingsError for an engine that does not exist, EngineUnavailableError if there is none to use.
        """
        self.stall_s = STALL_S
        self._settings = settings
        self._timing = _timing(settings.stt)
        self._home = home
        self._is_command: IsCommand | None = is_command
        self._prepare = prepare
        made = engines or create_engines(Stage.STT, settings)
        tenant = self._tenant = Ears(self, governor) if governor is not None else None
        self._host = EngineHost("speech-to-text", made, admit=tenant.admit if tenant is not None else None)
        if tenant is not None:
            self._host.on_change(tenant.settled)
        self._ears = Worker("voice-activity", max_waiting=MAX_WINDOWS_WAITING)
        self._pool = VoiceActivityPool()
        self.loudnesses = Loudnesses()
        """Of those who spoke lately."""
        self._home_changed = asyncio.Event()
        self._home_task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def info(self) -> Info:
        """The engine that is used, or is loading, and its model; not installed if none can be loaded."""
        return Info(asr=[_program(self._host.engine.capabilities, usable=self._host.state != EngineState.FAILED)])

    @property
    def reports(self) -> list[EngineReport]:
        """The engine that is used, or is loading."""
        engine = self._host.engine
        about = engine.capabilities
        return [self._host.report(about.name, about.model, engine.device)]

    async def start(self) -> None:
        """Begin to load, and to follow the home."""
        self._host.start()
        self._home_changed.set()
        self._unsubscribe = self._home.subscribe(self._note_home)
        self._home_task = asyncio.create_task(self._follow_home(), name="stt-home")

    @property
    def engine(self) -> SttEngine | None:
        """The engine that is used; None while it loads, or if there is none."""
        return self._host.engine if self._host.state is EngineState.READY else None

    async def reload(self) -> None:
        """Use a better engine or model than the present one if there is one now; returns when it is in use."""
        await self._host.settled()
        present = self._host.engine.source if self._host.state is EngineState.READY else None
        await self.replace(lambda engines: list(takewhile(lambda each: each.source != present, engines)))

    async def replace(self, choose: Callable[[list[SttEngine]], list[SttEngine]]) -> bool:
        """Use the first that can be loaded of those that are chosen of what there is; returns whether there is one."""
        try:
            chosen = choose(await asyncio.to_thread(create_engines, Stage.STT, self._settings))
            for engine in chosen:
                engine.set_home(self._home.snapshot)
            await self._host.replace(chosen)
        except SottoError as err:
            _LOGGER.debug("Speech-to-text stays as it is: %s", err)
            if self._tenant is not None:
                self._tenant.settled()
            return False
        if chosen:
            about = self._host.engine.capabilities
            _LOGGER.info("Speech-to-text uses %s with the model %s now", about.name, about.model)
            self._home_changed.set()  # it may have changed while the engine was loaded
        return bool(chosen)

    async def stop(self) -> None:
        """End loading and the workers."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._home_task is not None:
            self._home_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._home_task
        await asyncio.gather(self._ears.close(), self._host.stop())

    async def serve(self, connection: Connection, first: Event) -> None:
        """Transcribe one utterance, which begins with `transcribe` or with `audio-start`.

        The transcript is sent as soon as the end is decided, which may be before `audio-stop`. A chunk without
        `audio-start` is taken as it says of itself.
        """
        asked = parse(Transcribe, first) if Transcribe.is_type(first.type) else None
        request = self._request(asked or Transcribe())
        about = self._host.engine.capabilities
        told_engine(Phase.STT, f"{about.name} {about.model}")
        if self._prepare is not None:
            self._prepare(request.language or "")
        utterance = Utterance(
            connection,
            Hearing(self._ears, self._pool),
            Recognizer(self._host, request, self._is_command),
            self._timing.for_sensitivity(_sensitivity(asked)),
            stall_s=self.stall_s,
        )
        try:
            recognition = await utterance.recognize(None if asked else first)
            self.loudnesses.add(utterance.loudness)
            await connection.write(Transcript(recognition.text, language=recognition.language or None).event())
        finally:
            await utterance.close()

    def _request(self, asked: Transcribe) -> SttRequest:
        about = self._host.engine.capabilities
        names = (*_texts(asked.transcript_names), *_texts(asked.transcript_terms))
        _check_model(asked.name, about)
        return SttRequest(_checked_language(asked.language, about), names[:MAX_NAMES])

    def _note_home(self, _: HomeSnapshot) -> None:
        self._home_changed.set()

    async def _follow_home(self) -> None:
        """Tell the engine of the home when it is loaded and whenever the home changes; many changes are one."""
        await self._host.settled()
        while True:
            await self._home_changed.wait()
            self._home_changed.clear()
            if self._host.state is not EngineState.READY:
                continue
            held = self._host.hold()
            try:
                await held.run(_teach(held.engine, self._home.snapshot), priority=Priority.LOAD)
            except SottoError as err:
                _LOGGER.warning("%s does not know the home's names: %s", held.engine.capabilities.name, err)
            finally:
                held.release()
            del held  # it keeps an engine in memory


def _teach(engine: SttEngine, home: HomeSnapshot) -> Callable[[Cancellation], None]:
    def teach(_: Cancellation) -> None:
        engine.set_home(home)

    return teach


def _timing(settings: SttSettings) -> Timing:
    return Timing(
        pause_s=settings.pause_s,
        silence_s=settings.silence_s,
        complete_silence_s=settings.complete_silence_s,
        no_speech_s=settings.no_speech_s,
        max_utterance_s=settings.max_utterance_s,
    )


def _program(about: SttCapabilities, *, usable: bool) -> AsrProgram:
    attribution = Attribution(*about.attribution)
    model = AsrModel(
        name=about.model,
        attribution=attribution,
        installed=usable,
        description=about.model,
        version=about.version,
        languages=list(about.languages),
    )
    return AsrProgram(
        name="sotto",  # Home Assistant calls its entry and its entity so, and keeps that when the engine changes
        attribution=attribution,
        installed=usable,
        description=about.description,
        version=about.version,
        models=[model],
        requires_external_vad=False,
        supports_transcript_streaming=False,
    )


def _check_model(name: object, about: SttCapabilities) -> None:
    if name is not None and name not in (about.name, about.model):
        raise UnknownModelError(f"There is no model {name!r} here.", remedy=f"Ask for {about.model}, or for none.")


def _checked_language(language: object, about: SttCapabilities) -> str | None:
    """Return the language as the client wrote it, for its region may matter to the engine."""
    if language is None or language == "":
        return None
    if not isinstance(language, str) or match_language(language, about.languages) is None:
        raise BadRequestError(
            f"{about.name} with the model {about.model} does not understand {language!r}.",
            remedy=f"It understands: {', '.join(about.languages)}.",
        )
    return language


def _sensitivity(asked: Transcribe | None) -> str | None:
    wanted = asked.vad_sensitivity if asked is not None else None
    return str(getattr(wanted, "value", wanted)) if wanted is not None else None


def _texts(given: object) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise BadRequestError("The names and terms of a transcript must be lists of texts.")
    return given
