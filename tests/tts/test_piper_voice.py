"""A voice in two halves says what the whole one says, earlier."""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper

from tests.stand_in_piper import PIPER_SIZES, make_piper
from tests.tts.conftest import spoken
from wyoming_servers.tts import piper_voice
from wyoming_servers.tts.engine import Speech
from wyoming_servers.tts.piper_voice import Decoder, PiperVoice, open_voice
from wyoming_servers.tts.voice_files import read_voice
from wyoming_servers.tts.voice_graph import Cut, cut_in_two, find_cut
from wyoming_servers.worker import Cancellation

SENTENCE = "The dryer needs twelve more minutes, and it is raining."
RATE_HZ = 22_050


@pytest.fixture(scope="module")
def path(piper_voices: Path) -> Path:
    return piper_voices / "en_US-noise-low.onnx"


@pytest.fixture(scope="module")
def halves(path: Path) -> tuple[Any, Cut]:
    """Return the session of the second half, and the cut."""
    model = onnx.load(str(path))
    cut = find_cut(model.graph)
    return piper_voice._session(cut_in_two(model, cut).SerializeToString(), cuda=False), cut


def clock_of(took: Callable[[], float]) -> Callable[[], float]:
    """Return a clock by which every run takes as many seconds as `took` says."""
    times = itertools.accumulate(itertools.chain.from_iterable((0.0, took()) for _ in itertools.count()))
    return lambda: next(times)


def no_time() -> float:
    return 0.0


def decoded(decoder: Decoder, frames: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    made = list(decoder.decode(frames))
    assert [last for _, last in made] == [False] * (len(made) - 1) + [True]
    return [samples for samples, _ in made]


def frames_of(length: int, seed: int = 0) -> npt.NDArray[np.float32]:
    width = PIPER_SIZES["nano"].decoder_width
    return np.random.default_rng(seed).standard_normal((1, width, length), np.float32)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 600), st.integers(0, 2**32 - 1), st.floats(0.0, 0.2))
def test_portions_are_the_whole(halves: tuple[Any, Cut], length: int, seed: int, slowest_s: float) -> None:
    session, cut = halves
    decoder = Decoder(session, cut, RATE_HZ, clock_of(partial(random.Random(seed).uniform, 0.0, slowest_s)))
    (whole,) = decoded(decoder, frames_of(length, seed))  # the first is not cut
    portions = decoded(decoder, frames_of(length, seed))
    np.testing.assert_allclose(np.concatenate(portions), whole, rtol=0, atol=1e-5)
    assert len(portions) > 1 or length < 50 or slowest_s > 0.0


def test_a_frame_too_few_around_a_portion_would_be_heard(halves: tuple[Any, Cut]) -> None:
    session, cut = halves
    for before, after in ((1, 0), (0, 1)):
        less = Cut(cut.tensor, cut.samples_per_frame, cut.frames_before - before, cut.frames_after - after)
        decoder = Decoder(session, less, RATE_HZ, clock_of(no_time))
        (whole,) = decoded(decoder, frames_of(300))
        portions = decoded(decoder, frames_of(300))
        assert not np.allclose(np.concatenate(portions), whole, rtol=0, atol=1e-5)


def test_a_decoder_that_cannot_keep_up_makes_the_whole_at_once_until_it_can(halves: tuple[Any, Cut]) -> None:
    session, cut = halves
    took_s = [9.0]
    decoder = Decoder(session, cut, RATE_HZ, clock_of(lambda: took_s[0]))
    counts = []
    for took_s[0] in (9.0, 9.0, *(0.0,) * 8):
        counts.append(len(decoded(decoder, frames_of(300))))
    assert counts[:2] == [1, 1]
    assert counts[-1] > 1


def open_at(path: Path) -> PiperVoice:
    return open_voice(read_voice(path), cuda=False, clock=clock_of(no_time))


def say(voice: PiperVoice, text: str = SENTENCE, speaker_id: int | None = None) -> list[Speech]:
    return list(voice.speak(text, 1.0, speaker_id, Cancellation()))


def samples_of(portions: list[Speech]) -> npt.NDArray[np.int32]:
    return np.frombuffer(spoken(portions).pcm, "<i2").astype(np.int32)


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], PiperVoice]:
    """Return a function that opens a voice as it is without the package onnx."""

    def open_whole(path: Path) -> PiperVoice:
        with monkeypatch.context() as patch:
            patch.setattr(piper_voice, "find_spec", lambda name: None)
            return open_at(path)

    return open_whole


def test_the_first_quarter_second_of_a_sentence_comes_alone(path: Path) -> None:
    first, *others = say(open_at(path))
    assert 0.25 <= len(first.pcm) / 2 / first.rate_hz < 0.3
    assert others


@pytest.mark.parametrize(
    ("text", "sentences"), [(SENTENCE, 1), ("Yes.", 1), ("One is here. Two is there. And three is nowhere!", 3)]
)
def test_a_voice_says_the_same_with_and_without_onnx(
    path: Path, whole: Callable[[Path], PiperVoice], text: str, sentences: int
) -> None:
    at_once = say(whole(path), text)
    assert len(at_once) == sentences
    for sentence in at_once[1:]:
        assert sentence.pcm.startswith(bytes(2 * round(0.15 * RATE_HZ)))
    np.testing.assert_allclose(samples_of(say(open_at(path), text)), samples_of(at_once), rtol=0, atol=1)


def test_every_speaker_has_a_voice_of_their_own_in_both_halves(
    tmp_path: Path, whole: Callable[[Path], PiperVoice]
) -> None:
    path = make_piper("nano", tmp_path / "de_DE-both-low.onnx", speakers=["anna", "bernd"])
    anna, bernd = (samples_of(say(open_at(path), speaker_id=speaker)) for speaker in (0, 1))
    assert not np.allclose(anna, bernd, rtol=0, atol=100)
    np.testing.assert_allclose(bernd, samples_of(say(whole(path), speaker_id=1)), rtol=0, atol=1)


def test_a_voice_that_cannot_be_cut_speaks_whole_and_without_a_word_about_it(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = onnx.load(str(path))
    last = model.graph.node[-1]
    model.graph.node.insert(len(model.graph.node) - 1, helper.make_node("Softmax", [last.input[0]], ["loud"], axis=-1))
    last.input[0] = "loud"
    other = tmp_path / path.name
    onnx.save(model, str(other))
    other.with_name(other.name + ".json").write_bytes(path.with_name(path.name + ".json").read_bytes())
    with caplog.at_level(logging.DEBUG, "wyoming_servers"):
        voice = open_at(other)
    assert len(say(voice)) == 1
    assert {record.levelname for record in caplog.records} == {"DEBUG"}


def test_a_sentence_that_is_cancelled_ends_with_its_portion(path: Path) -> None:
    cancellation = Cancellation()
    portions = open_at(path).speak(SENTENCE, 1.0, None, cancellation)
    next(portions)
    cancellation.cancel()
    assert list(portions) == []
