"""openWakeWord, through the TensorFlow Lite library and the models that come in the wheel of pyopen-wakeword.

Only the files of that package are used. Its classes give each client interpreters of its own (6.5 MB) and run
some 200 inferences at a stream's first chunk; here all streams share one interpreter per model, which is
enough as they run on one worker, and a stream is 30 kB of arrays.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import prod
from pathlib import Path

import numpy as np
import pyopen_wakeword

from ...errors import EngineUnavailableError
from ...settings import Settings, WakeSettings
from ..custom import CustomFolder, spell
from ..engine import Heard, WakeCapabilities, WakeEngine, WakeSession, WakeWord, unknown_word
from ..features import EMBEDDING_SHAPE, EMBEDDING_SIZE, SPECTROGRAM_SHAPE, FeatureModel, FeatureStream, Silence
from ..tflite import BadModelError, Network, TfLite
from ..trigger import Trigger

_LOGGER = logging.getLogger(__name__)

ATTRIBUTION = ("David Scripka", "https://github.com/dscripka/openWakeWord")
MAX_WINDOWS = 128
"""Most embeddings that a word may look at, 10 s; those of openWakeWord look at 16 to 34."""

_PACKAGE = Path(pyopen_wakeword.__file__).parent
_BUILT_IN = tuple(
    sorted((model.value for model in pyopen_wakeword.Model), key=lambda name: (name != "okay_nabu", name))
)
"""Home Assistant proposes the first; "Okay Nabu" is its own word."""
_WORD_SHAPE = (1, -1, EMBEDDING_SIZE)


def create(settings: Settings) -> WakeEngine:
    """Return the engine, not yet loaded."""
    return OpenWakeWordEngine(settings.wake, settings.folder("wake"), settings.server.language)


@dataclass(frozen=True, slots=True)
class _Word:
    network: Network
    word: WakeWord

    @property
    def windows(self) -> int:
        """How many embeddings the network looks at."""
        return self.network.input_shape[1]


@dataclass(frozen=True, slots=True)
class _Listener:
    """One word in one stream."""

    word: _Word
    trigger: Trigger


class OpenWakeWordEngine(WakeEngine):
    """All words, those of the wheel and those of the folder."""

    def __init__(self, settings: WakeSettings, folder: Path, language: str) -> None:
        """`language` is what custom words are taken to be spoken in."""
        self._settings = settings
        self._language = language
        self._custom = CustomFolder(folder, self._load_custom)
        self._built_in: dict[str, _Word] = {}
        self._words: dict[str, _Word] = {}  # replaced as a whole: read on the loop, made on another thread
        self._version = ""
        self._library: TfLite | None = None
        self._features: FeatureModel | None = None
        self._silence: Silence | None = None

    @property
    def capabilities(self) -> WakeCapabilities:
        """What Info says; the version is empty until it is loaded, since it is read from a file."""
        return WakeCapabilities("openwakeword", "openWakeWord", ATTRIBUTION, self._version)

    @property
    def words(self) -> tuple[WakeWord, ...]:
        """The words of the wheel, and once it is loaded those of the folder, of which one may replace another."""
        if not self._words:
            return tuple(_built_in_word(name) for name in _BUILT_IN)
        return tuple(each.word for each in self._words.values())

    def load(self) -> None:
        """Read the library and all models; raises EngineUnavailableError if those of the wheel are unreadable."""
        try:
            library = TfLite(_find_library())
            self._library = library
            self._features = FeatureModel(
                library.network(_read_model("melspectrogram"), input_shape=SPECTROGRAM_SHAPE, resize=True),
                library.network(_read_model("embedding_model"), input_shape=EMBEDDING_SHAPE, resize=True),
            )
            for name in _BUILT_IN:
                network = library.network(_read_model(name), input_shape=_WORD_SHAPE)
                self._built_in[name] = _Word(network, _built_in_word(name))
        except (OSError, AttributeError, BadModelError) as err:
            raise EngineUnavailableError(
                f"openWakeWord's files in {_PACKAGE} cannot be used: {err}.",
                remedy="Install them again with: pip install --force-reinstall pyopen-wakeword",
            ) from err
        self._version = version("pyopen-wakeword")
        self._silence = self._features.silence()
        self._words = dict(self._built_in)
        self.refresh()
        self._report_idle_thresholds()

    def refresh(self) -> bool:
        """Look again at the folder; True if the words changed."""
        if not self._custom.scan():
            return False
        custom = {name: _Word(network, self._custom_word(name)) for name, network in self._custom.models.items()}
        self._words = {**self._built_in, **custom}
        _LOGGER.info("%d custom wake words", len(custom))
        return True

    def start_session(self, names: Sequence[str] | None) -> WakeSession:
        """Begin to listen for these words, None for all; raises UnknownModelError for one that does not exist."""
        if self._features is None or self._silence is None:
            raise EngineUnavailableError("openWakeWord is not loaded.")
        words = self._words
        for name in names or ():
            if name not in words:
                raise unknown_word(name, words)
        listeners = [_Listener(words[name], self._trigger(name)) for name in (words if names is None else names)]
        windows = max((listener.word.windows for listener in listeners), default=1)
        return OpenWakeWordSession(FeatureStream(self._features, self._silence, windows=windows), listeners)

    def _trigger(self, name: str) -> Trigger:
        return Trigger(
            threshold=self._settings.thresholds.get(name, self._settings.threshold),
            level=self._settings.trigger_level,
            refractory_ms=round(self._settings.refractory_s * 1000),
        )

    def _load_custom(self, model: bytes) -> Network:
        if self._library is None:
            raise BadModelError("the library is not loaded")
        self._library.probe(model, input_shape=_WORD_SHAPE)
        network = self._library.network(model, input_shape=_WORD_SHAPE)
        if prod(network.output_shape) != 1 or not 1 <= network.input_shape[1] <= MAX_WINDOWS:
            raise BadModelError("it does not tell one word's probability from openWakeWord's embeddings")
        return network

    def _custom_word(self, name: str) -> WakeWord:
        spelling = spell(name)
        return WakeWord(name, spelling.phrase, (self._language,), ("Custom", ""), spelling.version)

    def _report_idle_thresholds(self) -> None:
        for name in self._settings.thresholds.keys() - self._words.keys():
            _LOGGER.warning("There is a threshold for %s, but no such wake word", name)


class OpenWakeWordSession(WakeSession):
    """One stream of audio, with one row of embeddings for all its words."""

    def __init__(self, features: FeatureStream, listeners: Sequence[_Listener]) -> None:
        self._features = features
        self._listeners = listeners
        self._closed = False

    def feed(self, pcm: bytes) -> list[Heard]:
        """Take the next samples and return the words that they complete."""
        heard: list[Heard] = []
        for at_ms in self._features.feed(pcm):
            if self._closed:
                break
            heard += self._listen(at_ms)
        return heard

    def close(self) -> None:
        """Let go of the words."""
        self._closed = True
        self._listeners = ()

    def _listen(self, at_ms: int) -> list[Heard]:
        return [
            Heard(listener.word.word.name, at_ms)
            for listener in self._listeners
            if listener.trigger.step(self._probability(listener.word), at_ms)
        ]

    def _probability(self, word: _Word) -> float:
        output = word.network.run(self._features.last(word.windows).tobytes())
        return float(np.frombuffer(output, np.float32)[0])


def _built_in_word(name: str) -> WakeWord:
    return WakeWord(name, name.replace("_", " "), ("en",), ATTRIBUTION, "")


def _find_library() -> Path:
    found = sorted((_PACKAGE / "lib").glob("*tensorflowlite_c.*"))
    if not found:
        raise OSError("there is no TensorFlow Lite library")
    return found[0]


def _read_model(name: str) -> bytes:
    return (_PACKAGE / "models" / f"{name}.tflite").read_bytes()
