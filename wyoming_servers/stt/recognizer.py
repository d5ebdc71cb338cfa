"""One utterance on the engine's worker: fed while it is spoken, tried at a pause, and asked at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from ..errors import SottoError
from ..host import EngineHost, Loaded
from ..worker import Cancellation, Priority
from .engine import Recognition, SttEngine, SttRequest, SttSession
from .hearing import seconds_of

_LOGGER = logging.getLogger(__name__)

FEED_S = 0.2
"""Audio that is gathered before the engine is given it: five jobs a second for each speaker."""

DEADLINE_S = 30.0
"""A transcript that has not been begun after so long is an error: nobody waits for it any more."""

CLOSE_S = 5.0
"""For the engine to end what a session that is no longer wanted still computes."""

IsCommand = Callable[[str, str], bool]


class Recognizer:
    """At most one job of an utterance waits for each purpose: taking in audio, a trial, the transcript."""

    def __init__(self, host: EngineHost[SttEngine], request: SttRequest, is_command: IsCommand | None) -> None:
        """`is_command(text, language)`, called on the worker, says whether a text is a whole command."""
        self._host = host
        self._request = request
        self._is_command = is_command
        self._session: SttSession | None = None
        self._pending: deque[bytes] = deque()
        self._pending_s = 0.0
        self._feeding: asyncio.Task[None] | None = None
        self._trial: asyncio.Task[Recognition] | None = None
        self._trial_runs = False
        self._held: Loaded[SttEngine] | None = None
        """The engine, from the first job to the end: another one may come in its place meanwhile."""

    def feed(self, pcm: bytes) -> None:
        """Add samples; what the engine does not need yet waits here."""
        self._pending.append(pcm)
        self._pending_s += seconds_of(pcm)
        if self._pending_s >= FEED_S and (self._feeding is None or self._feeding.done()):
            self._feeding = asyncio.create_task(self._feed(), name="stt-feed")

    def begin_trial(self, when_done: Callable[[Recognition], None]) -> None:
        """Begin to recognise what was fed so far; an earlier trial is thrown away."""
        self.drop_trial()
        self._trial = asyncio.create_task(self._recognize(Priority.SPECULATIVE), name="stt-trial")
        self._trial.add_done_callback(lambda trial: _report(trial, when_done))

    def drop_trial(self) -> None:
        """Throw the trial away: it is skipped if it waits, and ends at its next segment if it runs."""
        if self._trial is not None:
            self._trial.cancel()
        self._trial, self._trial_runs = None, False

    async def result(self) -> Recognition:
        """Return what was said in all the audio: the trial's result if there is one, else it is computed now."""
        if self._trial is not None and (self._trial_runs or self._trial.done()):
            try:
                return await self._trial
            except SottoError as err:
                _LOGGER.debug("A trial failed: %s", err.code)
        self.drop_trial()  # one that only waits has the wrong priority
        return await self._recognize(Priority.LIVE)

    async def close(self) -> None:
        """Cancel what is computed and free the session."""
        tasks = [task for task in (self._feeding, self._trial) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._held is None:
            return
        try:
            with contextlib.suppress(SottoError, TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await self._held.run(self._close_session)
        finally:
            self._held.release()

    async def _feed(self) -> None:
        try:
            engine = await self._hold()
            await engine.run(self._take_in, priority=Priority.SPECULATIVE)
        except SottoError as err:
            _LOGGER.debug("Audio waits for the transcript: %s", err.code)
        self._pending_s = 0.0

    async def _recognize(self, priority: Priority) -> Recognition:
        engine = await self._hold()
        trial = priority is Priority.SPECULATIVE

        def recognize(cancellation: Cancellation) -> Recognition:
            self._trial_runs = self._trial_runs or trial
            self._take_in(cancellation)
            recognition = self._open_session().recognize(cancellation)
            if not trial or recognition.complete or not recognition.text or self._is_command is None:
                return recognition
            return replace(recognition, complete=self._is_command(recognition.text, recognition.language))

        return await engine.run(recognize, priority=priority, deadline_s=None if trial else DEADLINE_S)

    async def _hold(self) -> Loaded[SttEngine]:
        """Return the engine of this utterance once it is loaded."""
        await self._host.ready()
        if self._held is None:
            self._held = self._host.hold()
        return self._held

    def _take_in(self, _: Cancellation) -> None:
        session = self._open_session()
        while self._pending:
            session.feed(self._pending[0])
            self._pending.popleft()  # only now: if the engine fails here, so does the transcript

    def _open_session(self) -> SttSession:
        if self._session is None:
            assert self._held is not None  # noqa: S101 - no job runs before
            self._session = self._held.engine.start_session(self._request)
        return self._session

    def _close_session(self, _: Cancellation) -> None:
        if self._session is not None:
            self._session.close()


def _report(trial: asyncio.Task[Recognition], when_done: Callable[[Recognition], None]) -> None:
    if not trial.cancelled() and trial.exception() is None:
        when_done(trial.result())
