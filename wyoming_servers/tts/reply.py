"""One reply: from the text as it arrives, piece by piece, to speech in the right voice."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..errors import EngineError, LimitExceededError, NoMemoryError
from .engine import Speech, Voice
from .language import VoiceDefaults, VoiceWish, choose_voice, voice_for, wished_voice
from .roster import Roster, Utterance
from .sentences import SentenceSplitter
from .speakable import speakable

_LOGGER = logging.getLogger(__name__)

_PORTION = 500
"""Characters that are cut up at a time: 0.5 ms, so that a long text does not hold up the event loop."""

SENTENCE_PAUSE_S = 0.25
CLAUSE_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class SpokenPortion:
    """A piece of a reply as audio, or a portion of it, and how long to be silent before what follows, in seconds."""

    speech: Speech
    pause_s: float


@dataclass(slots=True)
class _Reading:
    """A piece that is being read."""

    piece: str
    voice: Voice
    utterance: Utterance


class Pieces:
    """The pieces of a text that comes in portions; `more` returns the next portion, None at the end."""

    def __init__(self, more: Callable[[], Awaitable[str | None]], max_chars: int) -> None:
        self._more = more
        self._max_chars = max_chars
        self._splitter = SentenceSplitter()
        self._unread = ""
        self._chars = 0
        self._ready: deque[str] = deque()
        self._ended = False

    async def next(self) -> str | None:
        """Return the next piece, None at the end.

        Raises LimitExceededError after the pieces of a text that is longer than it may be.
        """
        while not self._ready:
            if self._chars > self._max_chars and not self._unread:
                raise too_long(self._max_chars)
            if self._ended:
                return None
            await self._read()
        return self._ready.popleft()

    async def _read(self) -> None:
        if not self._unread:
            await self._fetch()
        portion, self._unread = self._unread[:_PORTION], self._unread[_PORTION:]
        self._ready.extend(self._splitter.feed(portion))
        if not self._unread:
            self._ready.extend(self._splitter.pause())
        if self._ended:
            self._ready.extend(self._splitter.flush())

    async def _fetch(self) -> None:
        portion = await self._more()
        if portion is None:
            self._ended = True
            return
        self._unread = portion[: self._max_chars - self._chars]
        self._chars += len(portion)


def too_long(max_chars: int) -> LimitExceededError:
    """Return the error for a text beyond the limit."""
    return LimitExceededError(
        f"The text is longer than {max_chars} characters.", remedy="Send less at once, or raise --tts-max-chars."
    )


class Reply:
    """Speaks the pieces of one reply, one after the other, each in portions."""

    def __init__(self, roster: Roster, wish: VoiceWish, defaults: VoiceDefaults, pieces: Pieces) -> None:
        self._roster = roster
        self._wish = wish
        self._defaults = defaults
        self._pieces = pieces
        self._is_first = True
        self._current: _Reading | None = None

    async def next(self) -> SpokenPortion | None:
        """Return the next portion that has anything to say, None at the end.

        Raises UnknownModelError for a voice that does not exist, EngineError if no engine can speak, or if a voice
        fails in the middle of a piece, and what the pieces raise.
        """
        await self._roster.ready()
        wished_voice(self._roster.tiers, self._wish)
        while (reading := self._current or await self._begin()) is not None:
            self._current = reading
            speech = await self._portion_of(reading)
            if speech.ends:
                self._current = None
            if speech.pcm:
                self._is_first = self._is_first and not speech.ends
                return SpokenPortion(speech, _pause_after(reading.piece) if speech.ends else 0.0)
        return None

    def cancel(self) -> None:
        """Have the engine end what it is speaking."""
        if self._current is not None:
            self._current.utterance.cancel()

    async def _begin(self) -> _Reading | None:
        """Begin the next piece that has anything to say; None at the end."""
        while (piece := await self._pieces.next()) is not None:
            voice = choose_voice(self._roster.tiers, self._wish, self._defaults, piece)
            utterance = self._utter(piece, voice)
            if utterance is not None:
                return _Reading(piece, voice, utterance)
        return None

    async def _portion_of(self, reading: _Reading) -> Speech:
        try:
            return await reading.utterance.next(urgent=self._is_first)
        except EngineError as err:
            at_hand = isinstance(err, NoMemoryError)
            utterance = None if reading.utterance.begun else self._instead(reading, at_hand=at_hand)
            if utterance is None:
                raise
            _LOGGER.warning("%s Another voice reads instead.", err)
            reading.utterance = utterance
            return await utterance.next(urgent=self._is_first)

    def _instead(self, reading: _Reading, *, at_hand: bool) -> Utterance | None:
        """Return the piece read by another voice, `at_hand` one that needs no more memory; None if there is none."""
        others = [tuple(each for each in tier if each != reading.voice) for tier in self._roster.tiers]
        if at_hand:
            others = [tuple(filter(self._roster.is_at_hand, tier)) for tier in others]
        if not any(others):
            return None
        voice = voice_for(others, reading.voice.language)
        return self._utter(reading.piece, voice or choose_voice(others, VoiceWish(), self._defaults, reading.piece))

    def _utter(self, piece: str, voice: Voice) -> Utterance | None:
        """Return the piece to be read by this voice; None if there is nothing to say in its language."""
        text = speakable(piece, voice.language)
        if not text:
            return None
        speaker = self._wish.speaker if self._wish.speaker in voice.speakers else None
        return self._roster.speak(text, voice, speaker)


def _pause_after(piece: str) -> float:
    ends_a_clause = piece.rstrip("\"'”’)*_")[-1:] in tuple(",;:，、：；—–-")  # noqa: RUF001 - clause marks of two scripts
    return CLAUSE_PAUSE_S if ends_a_clause else SENTENCE_PAUSE_S
