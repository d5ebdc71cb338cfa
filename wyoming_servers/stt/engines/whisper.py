"""OpenAI's Whisper by faster-whisper and CTranslate2, on a CPU or with CUDA."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Hashable
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import Tokenizer
from tokenizers import Tokenizer as TokenizerFile

from ...errors import EngineUnavailableError
from ...home.model import HomeSnapshot
from ...settings import Settings, SttSettings
from ...worker import Cancellation
from ..engine import RATE_HZ, SttCapabilities, SttEngine, SttRequest, SttSession
from ..languages import match_language
from ..threads import threads_for
from ..whisper import doubt, prompt, windows
from ..whisper.model import WhisperFolder, find_models
from ..windowed import Samples, WindowedSession

_LOGGER = logging.getLogger(__name__)
_ctranslate2: Any = ctranslate2  # its stubs export nothing

SIZE_FACTOR = 1.5
COMPUTING_BYTES = 100_000_000
"""Measured with int8 files: at its highest "base" (102 MB) took 236 MB more than the process without it, "small"
(287 MB) 451 MB, and a tiny one (7 MB) 77 MB. Files of float16 are converted while they are read."""

CONTEXT_TOKENS = 448
FRAMES_PER_S = 100
SECOND_TRY_TEMPERATURE = 0.4
"""Where the full window's likeliest text is doubtful, one is drawn. Whisper's own list goes on to 1.0: each try costs
a whole decoding."""


def create(settings: Settings) -> SttEngine:
    """Return the engine, not yet loaded; raises EngineUnavailableError if its model is not on disk or unreadable."""
    return create_each(settings)[0]


def create_each(settings: Settings) -> list[SttEngine]:
    """Return an engine for each model that may be used, the best first; raises what `create` raises."""
    cuda = _cuda(settings.stt.device)
    found = find_models(settings.folder("stt"), settings.stt.model, cuda=cuda)
    engines = [WhisperEngine(settings, folder, cuda=cuda) for folder in found]
    with contextlib.suppress(EngineUnavailableError):  # it is told when the model is loaded
        engines[0].read_tokenizer()
    return [*engines]


def _cuda(device: str) -> bool:
    return device == "cuda" or (device == "auto" and _ctranslate2.get_cuda_device_count() > 0)


class WhisperEngine(SttEngine):
    """One model, shared by all sessions."""

    def __init__(self, settings: Settings, folder: WhisperFolder, *, cuda: bool) -> None:
        self._settings: SttSettings = settings.stt
        self._folder = folder
        self._cuda = cuda
        self._threads = threads_for(settings.stt)
        self._default_language = match_language(settings.server.language, folder.languages) or folder.languages[0]
        self._source = folder.stamp
        self._size_bytes = folder.size_bytes
        self._tokenizer_file: Any = None
        self._capabilities = _capabilities(folder)
        self._names: tuple[str, ...] = ()
        self._count_tokens = lru_cache(maxsize=4096)(self._count)
        self._model: Any = None
        self._features: Any = None

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
        """What its weights take while they are read, and room to compute."""
        return round(self._size_bytes * SIZE_FACTOR) + COMPUTING_BYTES

    @property
    def device(self) -> str:
        """Where it computes, or will."""
        cuda = self._model.device == "cuda" if self._model is not None else self._cuda
        return "cuda:0" if cuda else f"cpu, {self._threads} threads"

    def read_tokenizer(self) -> None:
        """Read it, once. That takes 0.15 s and holds Python's lock: at a start it is done before anybody is served."""
        if self._tokenizer_file is None:
            self._tokenizer_file = _read_tokenizer(self._folder)

    def load(self) -> None:
        """Read the model and let it compute once, so that the first utterance finds its memory in place."""
        try:
            self.read_tokenizer()
            self._model = self._read_model()
            self._features = FeatureExtractor(feature_size=self._model.n_mels)  # type: ignore[no-untyped-call]
            warm = self.start_session(SttRequest())
            warm.feed(bytes(2 * RATE_HZ))
            warm.recognize(Cancellation())
        except (RuntimeError, ValueError, OSError, MemoryError) as err:
            self._model = None
            _LOGGER.debug("The model cannot be loaded", exc_info=True)
            raise _unreadable(self._folder, err) from None
        _LOGGER.info("Whisper %s computes on %s", self._folder.name, self._model.device)

    def set_home(self, home: HomeSnapshot) -> None:
        """Learn the names that prompts are made of."""
        self._names = prompt.names_of(home)

    def start_session(self, request: SttRequest) -> SttSession:
        """Begin an utterance."""
        tag = request.language or self._default_language
        language = match_language(tag, self._folder.languages) or self._default_language
        code = self._folder.codes[self._folder.languages.index(language)]
        hints = prompt.make_prompt(tag, code, (*request.names, *self._names), self._count_tokens)

        def decode(samples: Samples, cancellation: Cancellation) -> str:
            return self.decode(samples, code, hints, cancellation)

        return WindowedSession(language, decode, _join)

    def decode(self, samples: Samples, code: str, hints: tuple[str, ...], cancellation: Cancellation) -> str:
        """Return what is said in one window of speech; "" if nobody wants it any more."""
        speech_s = len(samples) / RATE_HZ
        shortest_s = windows.FULL_S if self._on_gpu else windows.window_s(speech_s)
        tokens = self._prompt_tokens(code, hints)
        first = self._try(samples, shortest_s, tokens, temperature=0.0)
        if not first.doubtful or cancellation.cancelled:
            return doubt.believed(first, hints)
        temperature = 0.0 if shortest_s < windows.FULL_S else SECOND_TRY_TEMPERATURE
        second = self._try(samples, windows.FULL_S, tokens, temperature=temperature)
        return doubt.believed(doubt.better(first, second), hints)

    @property
    def _on_gpu(self) -> bool:
        return bool(self._model.device == "cuda")

    def _try(self, samples: Samples, seconds: float, tokens: list[int], *, temperature: float) -> doubt.Hypothesis:
        encoded = self._model.encode(self._spectrogram(samples, seconds))
        room = min(windows.max_tokens(len(samples) / RATE_HZ), CONTEXT_TOKENS - len(tokens))
        result = self._model.generate(
            encoded,
            [tokens],
            beam_size=1 if temperature else self._settings.beam_size,
            # CTranslate2 allows half of this, and this less the prompt, whichever is less.
            max_length=min(CONTEXT_TOKENS, max(2 * room, len(tokens) + room)),
            sampling_topk=0 if temperature else 1,
            sampling_temperature=temperature or 1.0,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        heard = result.sequences_ids[0]
        return doubt.Hypothesis(
            text=self._tokenizer("en").decode(heard),
            logprob=result.scores[0] * len(heard) / (len(heard) + 1),
            no_speech=result.no_speech_prob,
            cut_off=len(heard) >= room,
        )

    def _spectrogram(self, samples: Samples, seconds: float) -> Any:
        frames = round(seconds * FRAMES_PER_S)
        padded = np.pad(samples, (0, max(0, round(seconds * RATE_HZ) - len(samples))))
        spectrogram = self._features(padded, padding=RATE_HZ // FRAMES_PER_S)[:, :frames]
        return _ctranslate2.StorageView.from_array(np.ascontiguousarray(spectrogram[np.newaxis], np.float32))

    def _prompt_tokens(self, code: str, hints: tuple[str, ...]) -> list[int]:
        tokenizer = self._tokenizer(code)
        told = [tokenizer.sot_prev, *tokenizer.encode(" " + "".join(hints))] if hints else []
        return [*told, *tokenizer.sot_sequence, tokenizer.no_timestamps]

    def _tokenizer(self, code: str) -> Any:
        return Tokenizer(self._tokenizer_file, self._model.is_multilingual, task="transcribe", language=code)

    def _count(self, text: str) -> int:
        return len(self._tokenizer_file.encode(text, add_special_tokens=False).ids)

    def _read_model(self) -> Any:
        try:
            return self._open(cuda=self._cuda)
        except (RuntimeError, ValueError) as err:
            if not self._cuda or self._settings.device == "cuda":
                raise
            _LOGGER.warning("Whisper cannot use the GPU and computes on the CPU: %s", err)
            return self._open(cuda=False)

    def _open(self, *, cuda: bool) -> Any:
        chosen = self._settings.compute_type
        return _ctranslate2.models.Whisper(
            str(self._folder.path),
            device="cuda" if cuda else "cpu",
            compute_type="int8" if chosen == "default" and not cuda else chosen,
            intra_threads=self._threads,
        )


def _capabilities(folder: WhisperFolder) -> SttCapabilities:
    return SttCapabilities(
        name="whisper",
        model=folder.name,
        description="OpenAI's Whisper, by faster-whisper",
        languages=folder.languages,
        attribution=("OpenAI and SYSTRAN", "https://github.com/SYSTRAN/faster-whisper"),
        version=version("faster-whisper"),
    )


def _join(texts: list[str]) -> str:
    return " ".join(text for text in texts if text)


def _read_tokenizer(folder: WhisperFolder) -> Any:
    try:
        return TokenizerFile.from_file(str(folder.path / "tokenizer.json"))
    except Exception as err:  # noqa: BLE001 - tokenizers raises Exception itself
        raise _unreadable(folder, err) from None


def _unreadable(folder: WhisperFolder, err: Exception) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"The Whisper model in {folder.path} cannot be read ({type(err).__name__}: {err}).",
        remedy="Delete the folder and fetch the model again, or choose another with --stt-model.",
    )
