"""The real engine: the words of the wheel, custom words, and what a stream costs."""

from __future__ import annotations

import logging
import shutil
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyopen_wakeword
import pytest

from wyoming_servers.errors import EngineUnavailableError, UnknownModelError
from wyoming_servers.settings import ServerSettings, Settings
from wyoming_servers.wake.engine import Heard, WakeEngine
from wyoming_servers.wake.engines import openwakeword
from wyoming_servers.wake.engines.openwakeword import OpenWakeWordSession, create
from wyoming_servers.wake.features import STEP_MS
from wyoming_servers.wake.tflite import BadModelError, Network, TfLite

MODELS = Path(pyopen_wakeword.__file__).parent / "models"
BUILT_IN = ("okay_nabu", "alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy")
RECORDED = ("alexa", "hey_jarvis", "okay_nabu")
SPOKEN = ("hey_jarvis", "hey_rhasspy", "okay_nabu")
SECOND = bytes(32_000)
SettingsFactory = Callable[..., Settings]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> WakeEngine:
    engine = create(Settings(server=ServerSettings(data_dir=tmp_path_factory.mktemp("data"))))
    engine.load()
    return engine


def read(path: Path) -> bytes:
    with wave.open(str(path)) as recording:
        return bytes(recording.readframes(recording.getnframes()))


def hear(engine: WakeEngine, pcm: bytes, *names: str) -> list[str]:
    return [heard.name for heard in engine.start_session(names or None).feed(pcm)]


def test_its_words_are_known_before_it_is_loaded(tmp_path: Path, settings_with: SettingsFactory) -> None:
    engine = create(settings_with())
    assert tuple(word.name for word in engine.words) == BUILT_IN
    assert engine.words[0].phrase == "okay nabu"
    with pytest.raises(EngineUnavailableError):
        engine.start_session(None)


@pytest.mark.parametrize("word", RECORDED)
def test_a_recorded_word_is_heard_once_and_by_nobody_else(loaded: WakeEngine, shared: Path, word: str) -> None:
    pcm = read(shared / "audio" / "wake" / f"{word}.wav")
    assert hear(loaded, pcm) == [word]
    for name in BUILT_IN:
        assert hear(loaded, pcm, name) == ([word] if name == word else [])


@pytest.mark.parametrize("word", RECORDED)
def test_a_recorded_word_at_the_very_beginning_of_a_stream_is_heard(
    loaded: WakeEngine, shared: Path, word: str
) -> None:
    pcm = np.frombuffer(read(shared / "audio" / "wake" / f"{word}.wav"), "<i2")
    begins = int(np.argmax(np.abs(pcm) > 0.1 * np.abs(pcm).max()))
    assert hear(loaded, pcm[begins:].tobytes() + SECOND) == [word]


@pytest.mark.parametrize("kind", ["commands", "out_of_vocabulary"])
def test_recorded_commands_are_no_wake_words(loaded: WakeEngine, shared: Path, kind: str) -> None:
    for path in sorted((shared / "audio" / kind).glob("*.wav"))[:8]:
        assert hear(loaded, read(path)) == [], path.name


@pytest.mark.parametrize("word", SPOKEN)
def test_a_synthetic_word_is_heard_once_and_by_nobody_else(
    loaded: WakeEngine, spoken: Callable[[str], bytes], word: str
) -> None:
    assert hear(loaded, spoken(word.replace("_", " ")) + SECOND) == [word]


def test_other_speech_silence_and_noise_are_no_words(loaded: WakeEngine, spoken: Callable[[str], bytes]) -> None:
    noise = (np.random.default_rng(1).normal(size=48_000) * 3_000).astype("<i2").tobytes()
    assert hear(loaded, spoken("please turn on the kitchen light") + SECOND + noise) == []


@pytest.mark.parametrize("size", [2, 3, 1_024, 2_048, 5_121])
def test_the_size_of_chunks_changes_neither_words_nor_times(
    loaded: WakeEngine, spoken: Callable[[str], bytes], size: int
) -> None:
    pcm = spoken("hey jarvis") + SECOND + SECOND + spoken("okay nabu") + SECOND
    session = loaded.start_session(None)
    by_chunks = [heard for start in range(0, len(pcm), size) for heard in session.feed(pcm[start : start + size])]
    at_once = loaded.start_session(None).feed(pcm)
    assert [heard.name for heard in at_once] == ["hey_jarvis", "okay_nabu"]
    assert by_chunks == at_once


def test_a_detection_tells_when_the_word_ended(loaded: WakeEngine, spoken: Callable[[str], bytes]) -> None:
    word = spoken("hey jarvis")
    (early,) = loaded.start_session(None).feed(word + SECOND)
    (late,) = loaded.start_session(None).feed(SECOND * 8 + word + SECOND)
    assert late == Heard("hey_jarvis", early.at_ms + 8_000)
    assert abs(early.at_ms - len(word) // 32) < 400


def test_interleaved_streams_hear_only_their_own(loaded: WakeEngine, spoken: Callable[[str], bytes]) -> None:
    streams = {word: spoken(word.replace("_", " ")) + SECOND for word in SPOKEN}
    sessions = {word: loaded.start_session(None) for word in SPOKEN}
    found: dict[str, list[str]] = {word: [] for word in SPOKEN}
    for start in range(0, max(map(len, streams.values())), 2_000):
        for word, pcm in streams.items():
            found[word] += [heard.name for heard in sessions[word].feed(pcm[start : start + 2_000])]
    assert found == {word: [word] for word in SPOKEN}


def test_a_word_is_heard_again_after_the_refractory_time(loaded: WakeEngine, spoken: Callable[[str], bytes]) -> None:
    pcm = spoken("hey jarvis")
    assert hear(loaded, pcm + SECOND * 3 + pcm + SECOND) == ["hey_jarvis", "hey_jarvis"]


def test_the_settings_reach_the_rule(spoken: Callable[[str], bytes], settings_with: SettingsFactory) -> None:
    pcm = spoken("hey jarvis") + SECOND * 3 + spoken("okay nabu") + SECOND
    deaf = create(settings_with(thresholds={"hey_jarvis": 1.0}))
    slow = create(settings_with(trigger_level=50))
    for engine in (deaf, slow):
        engine.load()
    assert hear(deaf, pcm) == ["okay_nabu"]
    assert hear(slow, pcm) == []


def test_a_threshold_for_a_word_that_does_not_exist_is_reported(
    settings_with: SettingsFactory, caplog: pytest.LogCaptureFixture
) -> None:
    create(settings_with(thresholds={"ok_nabu": 0.6})).load()
    assert "ok_nabu" in caplog.text


def test_an_unknown_word_is_an_error_that_lists_the_known(loaded: WakeEngine) -> None:
    with pytest.raises(UnknownModelError) as error:
        loaded.start_session(["ok_nabu"])
    assert "ok_nabu" in error.value.message
    assert all(name in error.value.remedy for name in BUILT_IN)


def test_a_closed_session_hears_nothing(loaded: WakeEngine, spoken: Callable[[str], bytes]) -> None:
    session = loaded.start_session(None)
    session.close()
    session.close()
    assert session.feed(spoken("hey jarvis") + SECOND) == []
    assert isinstance(session, OpenWakeWordSession)
    assert session._features.at_ms <= STEP_MS  # nor computes what nobody waits for


def test_custom_words_come_with_load_and_with_refresh(settings_with: SettingsFactory, tmp_path: Path) -> None:
    folder = tmp_path / "wake"
    folder.mkdir()
    shutil.copy(MODELS / "okay_nabu.tflite", folder / "first_word_v0.1.tflite")
    engine = create(settings_with())
    engine.load()
    first = engine.words[-1]
    assert (first.name, first.phrase, first.version) == ("first_word_v0.1", "first word", "0.1")
    assert not engine.refresh()
    shutil.copy(MODELS / "hey_jarvis.tflite", folder / "second_word.tflite")
    assert engine.refresh()
    assert tuple(word.name for word in engine.words) == (*BUILT_IN, "first_word_v0.1", "second_word")
    for path in folder.iterdir():
        path.unlink()
    assert engine.refresh()
    assert tuple(word.name for word in engine.words) == BUILT_IN


def test_a_custom_word_is_heard_under_its_own_name_also_after_its_file_is_gone(
    settings_with: SettingsFactory, tmp_path: Path, spoken: Callable[[str], bytes]
) -> None:
    folder = tmp_path / "wake"
    folder.mkdir()
    path = folder / "computer_v2.tflite"
    shutil.copy(MODELS / "hey_jarvis.tflite", path)
    engine = create(settings_with())
    engine.load()
    session = engine.start_session(["computer_v2"])
    path.unlink()
    engine.refresh()
    assert [heard.name for heard in session.feed(spoken("hey jarvis") + SECOND)] == ["computer_v2"]
    with pytest.raises(UnknownModelError):
        engine.start_session(["computer_v2"])


def test_files_that_are_no_words_are_reported_and_not_offered(
    settings_with: SettingsFactory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    folder = tmp_path / "wake"
    folder.mkdir()
    whole = (MODELS / "okay_nabu.tflite").read_bytes()
    (folder / "truncated.tflite").write_bytes(whole[:100_000])
    (folder / "empty.tflite").write_bytes(b"")
    (folder / "text.tflite").write_text("404: Not Found")
    shutil.copy(MODELS / "embedding_model.tflite", folder / "embedding.tflite")
    engine = create(settings_with())
    engine.load()
    assert tuple(word.name for word in engine.words) == BUILT_IN
    assert sorted(path.name for path in folder.iterdir() if f"{path} is no wake word" in caplog.text) == [
        "embedding.tflite",
        "empty.tflite",
        "text.tflite",
        "truncated.tflite",
    ]


def test_a_file_that_does_not_survive_the_probe_is_never_loaded_here(
    settings_with: SettingsFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def probe(library: TfLite, model: bytes, *, input_shape: tuple[int, ...]) -> None:
        raise BadModelError("it is damaged")

    monkeypatch.setattr(TfLite, "probe", probe)
    (tmp_path / "wake").mkdir()
    shutil.copy(MODELS / "okay_nabu.tflite", tmp_path / "wake" / "computer.tflite")
    engine = create(settings_with())
    engine.load()
    assert tuple(word.name for word in engine.words) == BUILT_IN


def test_a_package_without_its_files_is_an_error_with_the_command_that_repairs_it(
    settings_with: SettingsFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openwakeword, "_PACKAGE", tmp_path)
    with pytest.raises(EngineUnavailableError, match="pip install"):
        create(settings_with()).load()


def test_a_session_begins_at_once(loaded: WakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual implementation makes 200 inferences for the first chunk, which takes 165 ms."""
    inferences: list[Network] = []
    run = Network.run

    def counted(network: Network, values: bytes) -> bytes:
        inferences.append(network)
        return run(network, values)

    monkeypatch.setattr(Network, "run", counted)
    session = loaded.start_session(None)
    assert inferences == []
    session.feed(bytes(2_560))
    assert len(inferences) == 2 + len(loaded.words)


def test_thousands_of_sessions_leave_no_memory_behind(loaded: WakeEngine) -> None:
    def open_some(count: int) -> None:
        for _ in range(count):
            loaded.start_session(None).feed(bytes(2_560))

    open_some(50)
    before_kib = _resident_kib()
    open_some(500)
    assert _resident_kib() - before_kib < 2_048


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4
