"""Any PCM becomes 16 kHz, 16-bit, mono, whatever the sizes of its chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wyoming_servers.errors import BadRequestError
from wyoming_servers.protocol.audio import AudioConverter

FORMATS = st.tuples(st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000]), st.integers(1, 4), st.integers(1, 3))


def tone(rate_hz: int, width: int, channels: int, hz: float = 440.0, seconds: float = 0.5) -> bytes:
    wave = np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz) * 0.5
    frames = np.repeat(wave, channels)
    if width == 1:
        return (frames * 127 + 128).astype(np.uint8).tobytes()
    scaled = (frames * (2 ** (8 * width - 1) - 1)).astype("<i8")
    return bytes(scaled.view(np.uint8).reshape(-1, 8)[:, :width].tobytes())


def samples(pcm: bytes) -> npt.NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2").astype(np.float64) / 32768


def loudest_hz(pcm: bytes) -> float:
    spectrum = np.abs(np.fft.rfft(samples(pcm)))
    return float(np.argmax(spectrum) * 16000 / len(samples(pcm)))


@settings(deadline=None, max_examples=40)
@given(FORMATS)
def test_a_tone_keeps_its_pitch_length_and_level(audio_format: tuple[int, int, int]) -> None:
    rate_hz, width, channels = audio_format
    converter = AudioConverter(rate_hz=rate_hz, width=width, channels=channels)
    pcm = converter.convert(tone(rate_hz, width, channels), last=True)
    assert len(pcm) / 2 == pytest.approx(8000, abs=2)
    assert loudest_hz(pcm) == pytest.approx(440, abs=3)
    assert np.sqrt(np.mean(samples(pcm) ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


@settings(deadline=None, max_examples=40)
@given(FORMATS, st.lists(st.integers(0, 5000), max_size=12))
def test_the_sizes_of_chunks_do_not_matter(audio_format: tuple[int, int, int], sizes: list[int]) -> None:
    rate_hz, width, channels = audio_format
    pcm = tone(rate_hz, width, channels, seconds=0.2)
    whole = AudioConverter(rate_hz=rate_hz, width=width, channels=channels).convert(pcm, last=True)
    converter = AudioConverter(rate_hz=rate_hz, width=width, channels=channels)
    pieces, start = b"", 0
    for size in sizes:
        pieces += converter.convert(pcm[start : start + size])
        start += size
    pieces += converter.convert(pcm[start:], last=True)
    assert np.allclose(samples(pieces), samples(whole), atol=2 / 32768)


def test_audio_that_is_right_already_is_passed_on_unchanged() -> None:
    pcm = tone(16000, 2, 1)
    assert AudioConverter(rate_hz=16000, width=2, channels=1).convert(pcm) == pcm


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_hz": 0},
        {"rate_hz": -16000},
        {"rate_hz": 10**9},
        {"rate_hz": 16000.5},
        {"rate_hz": "16000"},
        {"width": 0},
        {"width": 5},
        {"width": None},
        {"channels": 0},
        {"channels": 1000},
        {"channels": True},
    ],
    ids=str,
)
def test_a_format_that_cannot_be_audio_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError):
        AudioConverter(**{"rate_hz": 16000, "width": 2, "channels": 1, **wrong})
