"""A Piper voice in memory: phonemes, its ONNX graph in one part or two, and its loudness."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from ..worker import Cancellation
from .engine import Speech
from .portions import Pace, next_portion
from .voice_files import VoiceFile
from .voice_graph import Cut, NotDivisibleError, cut_in_two, find_cut

_LOGGER = logging.getLogger(__name__)

MAX_THREADS = 4
"""Of one synthesis. With a "medium" voice on 2 cores, one thread takes 0.08 of real time, two 0.05, four on the same
two cores 0.05; Piper's own choice, every core with spinning threads, 0.04 when alone and slower than one as soon as
anything else runs. Without spinning it leaves the cores to speech recognition between two layers."""

TARGET_RMS = 0.12
"""Loudness of speech without its pauses, -18 dBFS: eSpeak NG's, measured over twelve languages (0.10 to 0.15)."""
_GAINS = (0.25, 8.0)
_QUIET = 0.02
_KNEE = 0.8
_WARM_UP = "1, 2, 3, 4, 5."
"""Every language reads figures."""
_SENTENCE_GAP_S = 0.15
"""Between two sentences in one piece of text."""

Samples = npt.NDArray[np.float32]


class Decoder:
    """The second half of a voice, which makes sound of any part of what the first half made of a sentence."""

    def __init__(self, session: Any, cut: Cut, rate_hz: int, clock: Callable[[], float] = perf_counter) -> None:
        self._session = session
        self._cut = cut
        self._frame_s = cut.samples_per_frame / rate_hz
        self._clock = clock
        self._load: float | None = None
        """Seconds that a second of sound takes, lately; None until the first sentence, which is decoded whole."""

    def decode(self, frames: Samples) -> Iterator[tuple[Samples, bool]]:
        """Yield the sound of a sentence's frames (1, channels, frames) in portions, and whether each is the last."""
        total, done, portion = frames.shape[2], 0, 0
        while done < total:
            portion = total if self._load is None else next_portion(total - done, portion, self._pace(self._load))
            yield self._run(frames, done, done + portion), done + portion >= total
            done += portion

    def _pace(self, load: float) -> Pace:
        return Pace(self._frame_s, self._cut.frames_before + self._cut.frames_after, load)

    def _run(self, frames: Samples, start: int, end: int) -> Samples:
        """Return the sound of the frames from `start` to `end`, the same as if all were decoded at once."""
        first = max(0, start - self._cut.frames_before)
        part = np.ascontiguousarray(frames[:, :, first : end + self._cut.frames_after])
        began = self._clock()
        samples: Samples = self._session.run(None, {self._cut.tensor: part})[0].reshape(-1)
        load = (self._clock() - began) / (part.shape[2] * self._frame_s)
        self._load = load if self._load is None else (self._load + load) / 2
        return samples[(start - first) * self._cut.samples_per_frame :][: (end - start) * self._cut.samples_per_frame]


class PiperVoice:
    """A voice that is ready to speak. For one sentence at a time, and for as many halfway as you like."""

    def __init__(self, native: Any, session: Any, decoder: Decoder | None) -> None:
        """`session` takes phonemes; what it makes is for the `decoder`, or already sound where there is none."""
        self._native = native
        self._session = session
        self._decoder = decoder
        self.rate_hz = int(native.config.sample_rate)
        self._gain = np.float32(_gain_for(self._samples(_WARM_UP, 1.0, None)))

    def speak(self, text: str, speed: float, speaker_id: int | None, cancellation: Cancellation) -> Iterator[Speech]:
        """Yield the text as audio in portions; fewer when it is cancelled meanwhile."""
        for samples, is_last in self._samples(text, speed, speaker_id):
            yield Speech(to_pcm16(samples * self._gain), self.rate_hz, ends=is_last)
            if cancellation.cancelled:
                return

    def _samples(self, text: str, speed: float, speaker_id: int | None) -> Iterator[tuple[Samples, bool]]:
        sentences = [phonemes for phonemes in self._native.phonemize(text) if phonemes]
        gap = np.zeros(0, np.float32)
        for number, phonemes in enumerate(sentences, 1):
            for samples, ends in self._sound(self._native.phonemes_to_ids(phonemes), speed, speaker_id):
                yield np.concatenate([gap, samples]), ends and number == len(sentences)
                gap = np.zeros(0, np.float32)
            gap = np.zeros(round(_SENTENCE_GAP_S * self.rate_hz), np.float32)

    def _sound(self, ids: Sequence[int], speed: float, speaker_id: int | None) -> Iterable[tuple[Samples, bool]]:
        made = self._session.run(None, self._inputs(ids, speed, speaker_id))[0]
        return [(made.reshape(-1), True)] if self._decoder is None else self._decoder.decode(made)

    def _inputs(self, ids: Sequence[int], speed: float, speaker_id: int | None) -> dict[str, Any]:
        """Return what every Piper voice takes, as piper.train.export_onnx names it."""
        config = self._native.config
        inputs = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([config.noise_scale, config.length_scale / speed, config.noise_w_scale], np.float32),
        }
        if config.num_speakers > 1:
            default = getattr(config, "default_speaker_id", 0)  # older versions of piper-tts have none
            inputs["sid"] = np.array([default if speaker_id is None else speaker_id], np.int64)
        return inputs


def open_voice(file: VoiceFile, *, cuda: bool, clock: Callable[[], float] = perf_counter) -> PiperVoice:
    """Load a voice, in two parts if its graph is like a Piper voice's; raises whatever the libraries raise."""
    piper, config = import_module("piper"), import_module("piper.config").PiperConfig.from_dict(dict(file.config))
    parts = _two_parts(file.path, cuda=cuda)
    if parts is None:
        session, decoder = _session(str(file.path), cuda=cuda), None
    else:
        session, second, cut = parts
        decoder = Decoder(second, cut, int(config.sample_rate), clock)
    native = piper.PiperVoice(config=config, session=session)
    native.download_dir = file.path.parent
    return PiperVoice(native, session, decoder)


def _two_parts(path: Path, *, cuda: bool) -> tuple[Any, Any, Cut] | None:
    """Return the sessions of both halves of a voice, None if it has to be run whole."""
    if find_spec("onnx") is None:
        _LOGGER.debug("Sentences are heard when they are whole: the package onnx is missing")
        return None
    model = import_module("onnx").load(str(path))
    try:
        cut = find_cut(model.graph)
    except NotDivisibleError as err:
        _LOGGER.debug("The sentences of %s are heard when they are whole: %s", path.stem, err)
        return None
    decoder = cut_in_two(model, cut).SerializeToString()
    return _session(model.SerializeToString(), cuda=cuda), _session(decoder, cuda=cuda), cut


def _session(model: str | bytes, *, cuda: bool) -> Any:
    """Return a session of ONNX Runtime. Not by Piper's own `load`, which takes no options."""
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = min(MAX_THREADS, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = runtime.InferenceSession(model, sess_options=options, providers=_providers(cuda=cuda))
    if not cuda:  # it would keep the file in memory beside its weights, to begin anew on the CPU if the GPU fails
        session._model_bytes = None  # noqa: SLF001 - it has no other way; without the attribute nothing is lost
    return session


def _providers(*, cuda: bool) -> Sequence[Any]:
    # An exhaustive search of convolutions, the default, is repeated for every new length of text.
    on_gpu = [("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC"})]
    return [*(on_gpu if cuda else ()), "CPUExecutionProvider"]


def _gain_for(portions: Iterable[tuple[Samples, bool]]) -> float:
    """Return what brings a voice to TARGET_RMS, measured on a few words, which also warms it up.

    One gain for all its sentences: scaling each to its own peak, as Piper does by default, makes a short "Okay." as
    loud as a shout.
    """
    samples = np.concatenate([np.zeros(0, np.float32), *(samples for samples, _ in portions)])
    spoken = samples[np.abs(samples) > _QUIET * np.max(np.abs(samples), initial=0.0)]
    if not spoken.size:
        return 1.0
    rms = float(np.sqrt(np.mean(np.square(spoken, dtype=np.float64))))
    return float(np.clip(TARGET_RMS / max(rms, 1e-6), *_GAINS))


def to_pcm16(samples: Samples) -> bytes:
    """Return 16-bit PCM; samples that a gain took beyond the range are bent, not cut."""
    loud = np.abs(samples)
    if np.max(loud, initial=0.0) > _KNEE:
        room = 1.0 - _KNEE
        bent = _KNEE + room * np.tanh((loud - _KNEE) / room)
        samples = np.where(loud > _KNEE, np.copysign(bent, samples), samples)
    return (samples * 32767.0).astype("<i2").tobytes()
