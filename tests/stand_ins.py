"""Fixtures for what tests use in place of the real thing: models with the right format, and synthetic speech."""

# Imports are late: most runs of single tests need none of these libraries.
# ruff: noqa: PLC0415
from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

RATE_HZ = 16_000

MakeSpeech = Callable[[str], bytes]


@pytest.fixture(scope="session")
def whisper_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the models `nano` (multilingual) and `nano.en`, which hear "turn on the kitchen light"."""
    from tests.stand_in_whisper import make_whisper

    folder = tmp_path_factory.mktemp("whisper")
    make_whisper("nano", folder / "nano")
    make_whisper("nano", folder / "nano.en", multilingual=False)
    return folder


@pytest.fixture(scope="session")
def sensevoice_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the models `nano`, which hears 打开厨房灯, and `english`: "turn on the kitchen light"."""
    from tests.stand_in_sensevoice import make_sensevoice

    folder = tmp_path_factory.mktemp("sensevoice")
    make_sensevoice("nano", folder / "nano", "打开厨房灯")
    make_sensevoice("nano", folder / "english")
    return folder


@pytest.fixture(scope="session")
def whisper_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the model `base`, which costs what the real one does."""
    from tests.stand_in_whisper import make_whisper

    folder = tmp_path_factory.mktemp("whisper-base")
    make_whisper("base", folder / "base")
    return folder


@pytest.fixture(scope="session")
def piper_voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two small voices, en_US-noise-low and zh_CN-noise-low, that speak noise."""
    from tests.stand_in_piper import make_piper

    folder = tmp_path_factory.mktemp("piper")
    make_piper("nano", folder / "en_US-noise-low.onnx")
    make_piper("nano", folder / "zh_CN-noise-low.onnx", language="zh_CN", espeak_voice="cmn")
    return folder


@pytest.fixture(scope="session")
def gguf_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the language models `nano`, which computes next to nothing, and `mid`, which does not."""
    from tests.stand_in_gguf import make_gguf

    folder = tmp_path_factory.mktemp("gguf")
    make_gguf("nano", folder / "nano.gguf")
    make_gguf("mid", folder / "mid.gguf")
    return folder


@pytest.fixture(scope="session")
def embedding_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with models that embed: `nano` computes next to nothing, `mini` does not; `last`; and `rank`."""
    from tests.stand_in_embedders import make_embedder, make_last_token_embedder, make_reranker

    folder = tmp_path_factory.mktemp("embedding")
    make_embedder("nano", folder / "nano.gguf")
    make_embedder("mini", folder / "mini.gguf")
    make_last_token_embedder(folder / "last.gguf")
    make_reranker("nano", folder / "rank.gguf")
    return folder


@pytest.fixture(scope="session")
def make_speech() -> MakeSpeech:
    """Return a function that speaks an English text: 16 kHz, 16-bit mono, with little silence around it."""
    return _Espeak().speak


class _Espeak:
    """libespeak-ng, which only one thread may use at a time."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())  # type: ignore[no-untyped-call]
        synchronous = 2
        data = espeakng_loader.get_data_path().encode()  # type: ignore[no-untyped-call]
        self._rate_hz = self._library.espeak_Initialize(synchronous, 0, data, 0)
        self._lock = threading.Lock()

    def speak(self, text: str) -> bytes:
        parts: list[bytes] = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

        def take(samples: ctypes._Pointer[ctypes.c_short], count: int, _: object) -> int:
            if samples and count > 0:
                parts.append(ctypes.string_at(samples, count * 2))
            return 0

        callback = kind(take)
        with self._lock:
            self._library.espeak_SetSynthCallback(callback)
            self._library.espeak_SetVoiceByName(b"en-us")
            utf8, encoded = 1, text.encode()
            self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, utf8, None, None)
        return _trimmed(_to_16_khz(b"".join(parts), self._rate_hz))


def _to_16_khz(pcm: bytes, rate_hz: int) -> bytes:
    import soxr

    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ)).clip(-32768, 32767).astype("<i2").tobytes()


def _trimmed(pcm: bytes) -> bytes:
    """Cut off the silence around speech, so that tests know where it begins and ends."""
    samples = np.frombuffer(pcm, "<i2")
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 300)
    return samples[loud[0] : loud[-1] + 1].tobytes()
