"""FunASR's SenseVoice by sherpa-onnx, on a CPU: Chinese, Cantonese, English, Japanese and Korean.

It hears all of an utterance at once and writes its characters without a decoder that could repeat itself, so that its
time grows with the speech alone. It takes no prompt: the home's Chinese names are found by sound in what it wrote.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
import sherpa_onnx

from ...errors import EngineUnavailableError
from ...home.model import HomeSnapshot
from ...settings import Settings
from ...worker import Cancellation
from ..engine import RATE_HZ, SttCapabilities, SttEngine, SttRequest, SttSession
from ..languages import match_language
from ..sensevoice.homophones import Homophones
from ..sensevoice.languages import LANGUAGES
from ..sensevoice.model import SENSEVOICE, SenseVoiceFolder, find_models, folder_of, require_whole
from ..sensevoice.transcript import joined, words
from ..threads import threads_for
from ..whisper.prompt import names_of
from ..windowed import Samples, WindowedSession

_LOGGER = logging.getLogger(__name__)

COMPUTING_BYTES = 170_000_000
"""Measured with a stand-in of the real size, for an utterance of five seconds."""
SHORTEST_SAMPLES = RATE_HZ // 5
"""Less is filled up with silence: sherpa-onnx reads beyond the audio if that has less than seven frames of 25 ms, one
each 10 ms."""


def create(settings: Settings) -> SttEngine:
    """Return the engine, not yet loaded; raises EngineUnavailableError if its model is not on disk."""
    return create_each(settings)[0]


def create_each(settings: Settings) -> list[SttEngine]:
    """Return an engine for each model that may be used, the best first; raises what `create` raises."""
    found = find_models(folder_of(settings), settings.stt.model)
    return [SenseVoiceEngine(settings, model) for model in found]


class SenseVoiceEngine(SttEngine):
    """One model, shared by all sessions."""

    def __init__(self, settings: Settings, model: SenseVoiceFolder) -> None:
        self._model = model
        self._threads = threads_for(settings.stt)
        self._default_language = match_language(settings.server.language, LANGUAGES) or LANGUAGES[0]
        self._source = model.stamp
        self._size_bytes = model.size_bytes
        self._capabilities = _capabilities(model)
        self._names: tuple[str, ...] = ()
        self._homophones = Homophones(())
        self._recognizer: Any = None
        self._config: Any = None

    @property
    def capabilities(self) -> SttCapabilities:
        """The model and its languages."""
        return self._capabilities

    @property
    def source(self) -> Hashable:
        """The folder, and which weights are in it."""
        return self._source

    @property
    def needs_bytes(self) -> int:
        """What its weights take, and room to compute."""
        return self._size_bytes + COMPUTING_BYTES

    @property
    def device(self) -> str:
        """Where it computes."""
        return f"cpu, {self._threads} threads"

    def load(self) -> None:
        """Read the model and let it compute once, so that the first utterance finds its memory in place."""
        try:
            self._homophones = Homophones(self._names)
            require_whole(self._model)
            self._recognizer = self._open()
            self._config = self._recognizer.config
            if not self._run(np.zeros(RATE_HZ, np.float32), self._default_language).lang:
                raise ValueError("it computes nothing")  # sherpa-onnx tells of an error by an empty result
        except (RuntimeError, ValueError, OSError, IndexError, MemoryError) as err:
            self._recognizer = None
            _LOGGER.debug("The model cannot be loaded", exc_info=True)
            raise EngineUnavailableError(
                f"The SenseVoice model in {self._model.path} cannot be read ({type(err).__name__}: {err}).",
                remedy="Delete the folder and fetch the model again, or choose another engine with --stt.",
            ) from None
        _LOGGER.info("SenseVoice %s computes on the CPU", self._model.name)

    def set_home(self, home: HomeSnapshot) -> None:
        """Learn the names that are looked for in Chinese; how they sound is found out once the model is loaded."""
        self._names = names_of(home)
        if self._recognizer is not None:
            self._homophones = Homophones(self._names)

    def start_session(self, request: SttRequest) -> SttSession:
        """Begin an utterance."""
        wanted = match_language(request.language or self._default_language, LANGUAGES)
        language = wanted or self._default_language
        homophones = Homophones((*request.names, *self._names)) if request.names else self._homophones

        def decode(samples: Samples, _: Cancellation) -> str:
            heard = self.decode(samples, language)
            return homophones.corrected(heard) if language == "zh" else heard

        return WindowedSession(language, decode, partial(joined, language=language))

    def decode(self, samples: Samples, language: str) -> str:
        """Return what is said in one window of speech."""
        padded = np.pad(samples, (0, max(0, SHORTEST_SAMPLES - len(samples))))
        result = self._run(padded, language)
        return words(result.text, result.lang)

    def _run(self, samples: Samples, language: str) -> Any:
        self._config.model_config.sense_voice.language = language
        self._recognizer.recognizer.set_config(self._config)
        stream = self._recognizer.create_stream()
        stream.accept_waveform(RATE_HZ, samples)
        self._recognizer.decode_stream(stream)
        return stream.result

    def _open(self) -> Any:
        return sherpa_onnx.OfflineRecognizer.from_sense_voice(
            model=str(self._model.weights),
            tokens=str(self._model.tokens),
            num_threads=self._threads,
            language=self._default_language,
            use_itn=True,
        )


def _capabilities(model: SenseVoiceFolder) -> SttCapabilities:
    return SttCapabilities(
        name=SENSEVOICE,
        model=model.name,
        description="FunASR's SenseVoice, by sherpa-onnx",
        languages=LANGUAGES,
        attribution=("FunAudioLLM and k2-fsa", "https://github.com/FunAudioLLM/SenseVoice"),
        version=version("sherpa-onnx"),
    )
