"""eSpeak NG: a small synthesiser for more than a hundred languages, which needs no download."""

from __future__ import annotations

import ctypes
import functools
import re
import threading
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...errors import EngineError, EngineUnavailableError
from ...settings import Settings
from ...worker import Cancellation
from ..engine import Speech, TtsCapabilities, TtsEngine, Voice

ATTRIBUTION = ("eSpeak NG", "https://github.com/espeak-ng/espeak-ng")

# Constants of speak_lib.h, eSpeak NG 1.52.
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POS_CHARACTER = 1
_PARAMETER_RATE = 1
_RATE_WPM = 175
_RATES_WPM = (80, 450)
"""The library's limits; a speed outside of 0.46 to 2.6 is brought to them."""

_TAGS = {"cmn": "zh-CN", "yue": "zh-HK", "ca-ba": "ca", "ca-nw": "ca", "ca-va": "ca", "ru-cl": "ru", "pt": "pt-PT"}
"""Codes of eSpeak NG that are none of BCP 47, or mean another place there."""

_LOCK = threading.Lock()
"""The library has one voice and one callback per process, whoever calls it."""


class _VoiceRecord(ctypes.Structure):
    """`espeak_VOICE` of speak_lib.h."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class _Library:
    """libespeak-ng, initialised once per process. Callers hold `_LOCK`."""

    def __init__(self) -> None:
        loader: Any = import_module("espeakng_loader")
        self._native = ctypes.CDLL(loader.get_library_path())
        self._declare()
        self._data = Path(loader.get_data_path())
        self.rate_hz = self._native.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS, 0, str(self._data).encode(), _INITIALIZE_DONT_EXIT
        )
        if self.rate_hz <= 0:
            raise EngineUnavailableError(
                "eSpeak NG found no data.", remedy="Reinstall it with: pip install --force-reinstall espeakng-loader"
            )
        self._pcm: list[bytes] = []
        self._cancellation = Cancellation()
        self._callback = _Callback(self._on_samples)  # kept: the library calls it for as long as it lives

    def _declare(self) -> None:
        native = self._native
        native.espeak_ListVoices.argtypes = [ctypes.c_void_p]
        native.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceRecord))
        size, number, position = ctypes.c_size_t, ctypes.c_uint, ctypes.c_int
        native.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, size, number, position, number, number),
            *(ctypes.c_void_p, ctypes.c_void_p),
        ]

    def voices(self) -> list[tuple[str, str, str]]:
        """Return identifier, language and name of every voice that has a dictionary, without their variants."""
        records = self._native.espeak_ListVoices(None)
        found = []
        index = 0
        while records[index]:
            record = records[index].contents
            # A list of: a byte of priority, a code, a zero; here only the first, the most specific one.
            code = ctypes.string_at(record.languages + 1).decode()
            found.append((record.identifier.decode(), code, record.name.decode().strip()))
            index += 1
        return [voice for voice in found if self._has_dictionary(voice[0], voice[1])]

    def _has_dictionary(self, identifier: str, code: str) -> bool:
        """Whether the voice can speak: three of espeakng-loader 0.2.4 (fo, kaa, xex) lack theirs and are silent."""
        described = (self._data / "lang" / identifier).read_text(encoding="utf-8", errors="replace")
        named = re.search(r"^dictionary\s+(\w+)", described, re.MULTILINE)
        return (self._data / f"{named[1] if named else code.split('-', maxsplit=1)[0]}_dict").is_file()

    def speak(self, text: str, identifier: str, words_per_minute: int, cancellation: Cancellation) -> bytes:
        """Return the samples; fewer when cancelled meanwhile. Raises EngineError if the voice does not load."""
        # Voice, speed and callback are set anew each time, 0.3 ms: other code in this process may use the library.
        if self._native.espeak_SetVoiceByName(identifier.encode()):
            raise EngineError(f"eSpeak NG cannot load its voice {identifier}.")
        self._native.espeak_SetSynthCallback(self._callback)
        self._native.espeak_SetParameter(_PARAMETER_RATE, words_per_minute, 0)
        self._pcm, self._cancellation = [], cancellation
        encoded = text.encode()
        failed = self._native.espeak_Synth(encoded, len(encoded) + 1, 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None)
        pcm, self._pcm = b"".join(self._pcm), []
        if failed:
            raise EngineError(f"eSpeak NG could not speak: error {failed}.")
        return pcm

    def _on_samples(self, samples: int | None, count: int, _events: Any) -> int:
        """Take samples from the library; the return value 1 asks it to stop."""
        if samples and count > 0:
            self._pcm.append(ctypes.string_at(samples, count * 2))
        return int(self._cancellation.cancelled)


@functools.cache
def _library() -> _Library:
    return _Library()


def language_tag(code: str) -> str:
    """Return the BCP 47 tag of a language code of eSpeak NG: en-gb-x-rp is en-GB, cmn is zh-CN."""
    if code in _TAGS:
        return _TAGS[code]
    base, *rest = code.split("-")
    tag = ["zh" if base == "cmn" else base]
    for part in rest:
        if part == "x":
            break
        if len(part) == 4:
            tag.append(part.title())
        elif len(part) == 2 or part.isdigit():
            tag.append(part.upper())
    return "-".join(tag)


def _voice(identifier: str, code: str, name: str, package_version: str) -> Voice:
    return Voice(
        name="espeak-" + identifier.rpartition("/")[2],
        language=language_tag(code),
        description=f"eSpeak {name}",
        attribution=ATTRIBUTION,
        version=package_version,
    )


class EspeakEngine(TtsEngine):
    """All voices of eSpeak NG, named `espeak-` and the voice's own name: espeak-en-US, espeak-cmn."""

    def __init__(self, speed: float) -> None:
        self._words_per_minute = round(min(max(_RATE_WPM * speed, _RATES_WPM[0]), _RATES_WPM[1]))
        self._identifiers: dict[str, str] = {}
        self._voices: tuple[Voice, ...] = ()

    @property
    def capabilities(self) -> TtsCapabilities:
        """What Info says."""
        return TtsCapabilities(
            name="espeak",
            description="eSpeak NG",
            attribution=ATTRIBUTION,
            version="1.52",
        )

    @property
    def voices(self) -> tuple[Voice, ...]:
        """All voices; none before `load`."""
        return self._voices

    def load(self) -> None:
        """Initialise the library and list its voices; raises EngineUnavailableError without its data."""
        with _LOCK:
            listed = sorted(_library().voices(), key=lambda each: (each[0].count("-"), len(each[0]), each[0]))
        package_version = version("espeakng-loader")
        voices = [(_voice(*each, package_version), each[0]) for each in listed]
        self._identifiers = {voice.name: identifier for voice, identifier in voices}
        self._voices = tuple(voice for voice, _ in voices)

    def synthesize(self, text: str, voice: Voice, speaker: str | None, cancellation: Cancellation) -> Iterator[Speech]:  # noqa: ARG002 - none has speakers
        """Speak the text, in one portion; what was made so far when it is cancelled."""
        identifier = self._identifiers.get(voice.name)
        if identifier is None:
            raise EngineError(f"eSpeak NG has no voice {voice.name}.")
        with _LOCK:
            library = _library()
            pcm = library.speak(text, identifier, self._words_per_minute, cancellation)
        yield Speech(pcm, library.rate_hz)


def create(settings: Settings) -> TtsEngine:
    """Return the engine, not loaded."""
    return EspeakEngine(settings.tts.speed)
