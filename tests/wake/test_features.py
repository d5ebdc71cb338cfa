"""The row of embeddings, with networks that can be followed by eye."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wyoming_servers.wake.features import (
    BANDS,
    EMBEDDING_SIZE,
    FRAMES,
    OVERLAP_SAMPLES,
    STEP_BYTES,
    STEP_SAMPLES,
    FeatureModel,
    FeatureStream,
)


class FakeSpectrogram:
    """Eight frames that tell the first and last sample of the window."""

    def __init__(self) -> None:
        self.windows: list[np.ndarray] = []

    def run(self, values: bytes) -> bytes:
        window = np.frombuffer(values, np.float32)
        self.windows.append(window)
        return np.full((8, BANDS), 10.0 * (window[0] + window[-1] - 2.0), np.float32).tobytes()


class FakeEmbedding:
    """The oldest and the newest frame."""

    def run(self, values: bytes) -> bytes:
        frames = np.frombuffer(values, np.float32).reshape(FRAMES, BANDS)
        return np.concatenate([frames[0], frames[-1], np.zeros(EMBEDDING_SIZE - 2 * BANDS, np.float32)]).tobytes()


def make(windows: int = 3) -> tuple[FeatureStream, FakeSpectrogram]:
    spectrogram = FakeSpectrogram()
    model = FeatureModel(spectrogram, FakeEmbedding())
    stream = FeatureStream(model, model.silence(), windows=windows)
    spectrogram.windows.clear()
    return stream, spectrogram


def ramp(steps: int) -> bytes:
    return np.arange(1, steps * STEP_SAMPLES + 1, dtype="<i2").tobytes()


def test_silence_costs_one_run_of_the_spectrogram() -> None:
    spectrogram = FakeSpectrogram()
    FeatureModel(spectrogram, FakeEmbedding()).silence()
    assert len(spectrogram.windows) == 1


def test_a_step_ends_every_80_ms() -> None:
    stream, _ = make()
    assert list(stream.feed(ramp(3))) == [80, 160, 240]
    assert list(stream.feed(bytes(STEP_BYTES - 1))) == []
    assert list(stream.feed(b"\0")) == [320]


def test_a_window_overlaps_the_step_before_and_the_first_one_silence() -> None:
    stream, spectrogram = make()
    list(stream.feed(ramp(2)))
    first, second = spectrogram.windows
    assert first[:OVERLAP_SAMPLES].tolist() == [0.0] * OVERLAP_SAMPLES
    assert first[OVERLAP_SAMPLES:].tolist() == list(range(1, STEP_SAMPLES + 1))
    assert second.tolist() == list(range(STEP_SAMPLES - OVERLAP_SAMPLES + 1, 2 * STEP_SAMPLES + 1))


def test_frames_are_scaled_and_the_newest_is_last() -> None:
    stream, _ = make()
    list(stream.feed(ramp(1)))
    assert stream.last(1)[0, BANDS] == STEP_SAMPLES  # the last sample, and silence for the first


def test_embeddings_move_up_and_begin_with_those_of_silence() -> None:
    stream, _ = make(windows=3)
    silent = stream.last(3).copy()
    list(stream.feed(ramp(1)))
    assert np.array_equal(stream.last(3)[:2], silent[1:])
    assert not np.array_equal(stream.last(3)[2], silent[2])


def test_streams_do_not_share_what_they_heard() -> None:
    spectrogram = FakeSpectrogram()
    model = FeatureModel(spectrogram, FakeEmbedding())
    silence = model.silence()
    one, other = (FeatureStream(model, silence, windows=2) for _ in range(2))
    before = other.last(2).copy()
    list(one.feed(ramp(4)))
    assert np.array_equal(other.last(2), before)


def test_what_is_not_taken_comes_with_the_next_call() -> None:
    stream, _ = make()
    assert next(stream.feed(ramp(3))) == 80
    assert list(stream.feed(b"")) == [160, 240]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3 * STEP_BYTES), max_size=12))
def test_the_size_of_chunks_makes_no_difference(sizes: list[int]) -> None:
    pcm = ramp(6)
    whole, by_chunks = make()[0], make()[0]
    expected = list(whole.feed(pcm))
    found: list[int] = []
    for size in sizes:
        found += by_chunks.feed(pcm[:size])
        pcm = pcm[size:]
    found += by_chunks.feed(pcm)
    assert found == expected
    assert np.array_equal(whole.last(3), by_chunks.last(3))
