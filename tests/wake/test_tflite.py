"""The library's binding: sound models run, and unsound ones are an error instead of the end of the process."""

from __future__ import annotations

import gc
import random
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyopen_wakeword
import pytest

from wyoming_servers.wake import tflite
from wyoming_servers.wake.tflite import MAX_MODEL_BYTES, BadModelError, TfLite

PACKAGE = Path(pyopen_wakeword.__file__).parent
MODELS = PACKAGE / "models"
WORD = (1, -1, 96)
SIZES = range(0, 206_380, 20_011)


@pytest.fixture(scope="module")
def library() -> TfLite:
    return TfLite(next((PACKAGE / "lib").glob("*tensorflowlite_c.*")))


@pytest.fixture(scope="module")
def model() -> bytes:
    return (MODELS / "okay_nabu.tflite").read_bytes()


def test_a_model_says_its_shapes_and_runs(library: TfLite, model: bytes) -> None:
    network = library.network(model, input_shape=WORD)
    assert network.input_shape == (1, 16, 96)
    assert network.output_shape == (1, 1)
    (probability,) = np.frombuffer(network.run(bytes(4 * 16 * 96)), np.float32)
    assert 0.0 <= probability < 0.1


def test_a_run_depends_on_nothing_but_its_input(library: TfLite, model: bytes) -> None:
    network = library.network(model, input_shape=WORD)
    values = np.random.default_rng(1).normal(size=(16, 96)).astype(np.float32).tobytes()
    first = network.run(values)
    network.run(bytes(len(values)))
    assert network.run(values) == first


def test_values_of_the_wrong_number_are_an_error(library: TfLite, model: bytes) -> None:
    with pytest.raises(RuntimeError):
        library.network(model, input_shape=WORD).run(bytes(12))


def test_a_model_without_a_fixed_input_is_given_one(library: TfLite) -> None:
    spectrogram = (MODELS / "melspectrogram.tflite").read_bytes()
    network = library.network(spectrogram, input_shape=(1, 1_760), resize=True)
    assert network.output_shape == (1, 1, 8, 32)


def test_a_model_of_another_kind_is_refused(library: TfLite) -> None:
    embedding = (MODELS / "embedding_model.tflite").read_bytes()
    with pytest.raises(BadModelError, match="shape"):
        library.network(embedding, input_shape=WORD)


@pytest.mark.parametrize("size", SIZES)
def test_a_truncated_model_is_refused(library: TfLite, model: bytes, size: int) -> None:
    with pytest.raises(BadModelError):
        library.network(model[:size], input_shape=WORD)


def test_a_model_too_large_is_refused(library: TfLite) -> None:
    with pytest.raises(BadModelError, match="larger"):
        library.network(bytes(MAX_MODEL_BYTES + 1), input_shape=WORD)


def test_without_the_faster_kernels_it_says_the_same(library: TfLite, model: bytes) -> None:
    values = np.random.default_rng(2).normal(size=(16, 96)).astype(np.float32).tobytes()
    plain = tflite.Network(library._library, model, WORD, resize=False, xnnpack=False)
    fast = library.network(model, input_shape=WORD)
    assert np.allclose(np.frombuffer(plain.run(values), "f4"), np.frombuffer(fast.run(values), "f4"), atol=1e-4)


def test_a_network_frees_its_native_memory_once(library: TfLite, model: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[int] = []

    def watched(free: Callable[[int], None]) -> Callable[[int], None]:
        def watch(pointer: int) -> None:
            freed.append(pointer)
            free(pointer)

        return watch

    network = library.network(model, input_shape=WORD)
    frees = network._frees
    expected = [pointer for _, pointer in reversed(frees)]
    frees[:] = [(watched(free), pointer) for free, pointer in frees]
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None
    assert freed == expected
    assert frees == []


def test_a_sound_model_passes_the_probe(library: TfLite, model: bytes) -> None:
    library.probe(model, input_shape=WORD)


def test_the_probe_says_what_is_wrong(library: TfLite) -> None:
    with pytest.raises(BadModelError, match="no TensorFlow Lite model"):
        library.probe(b"no model", input_shape=WORD)


def test_the_probe_survives_models_with_changed_bytes(library: TfLite, model: bytes) -> None:
    chance = random.Random(3)
    for _ in range(10):
        damaged = bytearray(model)
        for _ in range(3):
            damaged[len(damaged) - 1 - chance.randrange(8_000)] = chance.randrange(256)
        with suppress(BadModelError):
            library.probe(bytes(damaged), input_shape=WORD)


def test_a_probe_that_hangs_is_given_up(library: TfLite, model: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflite, "PROBE_S", 0.001)
    with pytest.raises(BadModelError, match="did not load within"):
        library.probe(model, input_shape=WORD)


def test_a_probe_that_is_killed_is_a_bad_model(
    library: TfLite, model: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "dies.py"
    program.write_text("import os; os.kill(os.getpid(), 9)")
    monkeypatch.setattr(tflite, "__file__", str(program))
    with pytest.raises(BadModelError, match="damaged"):
        library.probe(model, input_shape=WORD)
