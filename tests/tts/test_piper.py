"""Real piper-tts with small stand-in voices: they speak noise, in real time."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import numpy as np
import numpy.typing as npt
import pytest
from wyoming.tts import SynthesizeVoice

from tests.conftest import ServeFunction
from tests.machine import Machine
from tests.stand_in_piper import make_piper
from tests.tts.conftest import Connect, Say, listen, send_stream, spoken
from wyoming_servers.errors import EngineError, EngineUnavailableError, UnknownModelError
from wyoming_servers.memory.budget import MB
from wyoming_servers.memory.governor import Governor
from wyoming_servers.settings import Settings, build
from wyoming_servers.tts.engine import Voice
from wyoming_servers.tts.engines import espeak, piper
from wyoming_servers.tts.engines.piper import PiperEngine
from wyoming_servers.tts.language import VoiceDefaults
from wyoming_servers.tts.piper_voice import TARGET_RMS, to_pcm16
from wyoming_servers.tts.server import TtsService
from wyoming_servers.tts.voice_files import is_whole_onnx, read_voice
from wyoming_servers.worker import Cancellation


@pytest.fixture
def folder(tmp_path: Path, piper_voices: Path) -> Path:
    """Return a folder of two voices that a test may change."""
    return Path(shutil.copytree(piper_voices, tmp_path / "voices"))


@pytest.fixture(scope="session")
def speakers_voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_piper(
        "nano",
        tmp_path_factory.mktemp("speakers") / "de_DE-mls-low.onnx",
        language="de_DE",
        espeak_voice="de",
        speakers=["anna", "bernd"],
    )


def engine_of(folder: Path, **options: Any) -> PiperEngine:
    engine = PiperEngine(folder, prefer=VoiceDefaults(), **options)
    engine.load()
    return engine


def names(engine: PiperEngine) -> list[str]:
    return [voice.name for voice in engine.voices]


def copy_voice(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    shutil.copy(source.with_name(source.name + ".json"), target.with_name(target.name + ".json"))


def change_config(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = path.with_name(path.name + ".json")
    config = json.loads(file.read_text())
    change(config)
    file.write_text(json.dumps(config))


def speak(engine: PiperEngine, text: str, name: str = "en_US-noise-low", speaker: str | None = None) -> bytes:
    voice = next(voice for voice in engine.voices if voice.name == name)
    return spoken(engine.synthesize(text, voice, speaker, Cancellation())).pcm


def samples_of(pcm: bytes) -> npt.NDArray[np.int32]:
    return np.frombuffer(pcm, "<i2").astype(np.int32)


def test_every_voice_of_the_folder_and_its_folders_is_offered(folder: Path) -> None:
    copy_voice(folder / "en_US-noise-low.onnx", folder / "more" / "own.onnx")
    engine = engine_of(folder)
    assert [(voice.name, voice.language) for voice in engine.voices] == [
        ("en_US-noise-low", "en-US"),
        ("own", "en-US"),
        ("zh_CN-noise-low", "zh-CN"),
    ]


def test_a_missing_or_empty_folder_is_no_error(tmp_path: Path) -> None:
    assert names(engine_of(tmp_path)) == []
    assert names(engine_of(tmp_path / "missing")) == []


def test_medium_voices_come_before_high_and_low_ones(folder: Path) -> None:
    for name in ("en_US-amy-high", "en_US-zoe-medium"):
        copy_voice(folder / "en_US-noise-low.onnx", folder / f"{name}.onnx")
    assert names(engine_of(folder))[:3] == ["en_US-zoe-medium", "en_US-amy-high", "en_US-noise-low"]


def test_new_voices_appear_and_deleted_ones_go(folder: Path) -> None:
    engine = engine_of(folder)
    assert not engine.refresh()
    copy_voice(folder / "en_US-noise-low.onnx", folder / "new.onnx")
    assert engine.refresh()
    assert "new" in names(engine)
    assert speak(engine, "Hello.", "new")
    (folder / "new.onnx").unlink()
    assert engine.refresh()
    assert "new" not in names(engine)
    assert not engine.refresh()


def test_a_voice_that_is_still_being_copied_appears_when_it_is_whole(folder: Path) -> None:
    engine = engine_of(folder)
    whole = (folder / "en_US-noise-low.onnx").read_bytes()
    copy_voice(folder / "en_US-noise-low.onnx", folder / "new.onnx")
    (folder / "new.onnx").write_bytes(whole[: len(whole) // 2])
    assert not engine.refresh()
    (folder / "new.onnx").write_bytes(whole)
    assert engine.refresh()
    assert "new" in names(engine)


@pytest.mark.parametrize(
    "content", [b"", b"not found", b"<html>404</html>", b"version https://git-lfs.github.com/spec/v1\n", bytes(1000)]
)
def test_what_is_no_model_is_not_offered_and_is_reported_once(
    folder: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "zh_CN-noise-low.onnx").write_bytes(content)
    engine = engine_of(folder)
    engine.refresh()
    engine.refresh()
    assert names(engine) == ["en_US-noise-low"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "zh_CN-noise-low" in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.pop("audio"),
        lambda config: config.pop("espeak"),
        lambda config: config.pop("num_symbols"),
        lambda config: config.update(phoneme_id_map={}),
        lambda config: config.update(phoneme_type="runes"),
        lambda config: config.update(phoneme_type="pinyin"),
        lambda config: config.update(audio={"sample_rate": "fast"}),
        lambda config: config.update(speaker_id_map=["a"]),
    ],
)
def test_a_configuration_that_cannot_work_is_not_offered(
    folder: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    change_config(folder / "zh_CN-noise-low.onnx", change)
    assert names(engine_of(folder)) == ["en_US-noise-low"]


@pytest.mark.parametrize("content", ["", "[]", "5", "{", "null"])
def test_a_configuration_that_is_no_configuration_is_an_error(folder: Path, content: str) -> None:
    path = folder / "en_US-noise-low.onnx"
    path.with_name(path.name + ".json").write_text(content)
    with pytest.raises(EngineUnavailableError, match="en_US-noise-low cannot be used"):
        read_voice(path)


def test_a_cut_off_model_is_told_from_a_whole_one(folder: Path) -> None:
    path = folder / "en_US-noise-low.onnx"
    whole = path.read_bytes()
    assert is_whole_onnx(path)
    for size in (1, 100, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert not is_whole_onnx(path)


def test_a_model_that_turns_out_broken_is_an_error_and_is_offered_no_more(folder: Path) -> None:
    path = folder / "zh_CN-noise-low.onnx"
    graph = b"\x0a\x06broken"
    path.write_bytes(b"\x08\x08\x3a" + bytes([len(graph)]) + graph)
    engine = engine_of(folder)
    assert "zh_CN-noise-low" in names(engine)
    with pytest.raises(EngineError, match="zh_CN-noise-low cannot be loaded"):
        speak(engine, "你好", "zh_CN-noise-low")
    assert names(engine) == ["en_US-noise-low"]
    assert engine.refresh()
    assert not engine.refresh()
    assert speak(engine, "Hello.")


def test_only_so_many_voices_stay_in_memory(folder: Path) -> None:
    for name in ("a", "b", "c"):
        copy_voice(folder / "en_US-noise-low.onnx", folder / f"{name}.onnx")
    engine = engine_of(folder, resident=2)
    for name in ("a", "b", "a", "c"):
        speak(engine, "Hi.", name)
    assert list(engine._resident) == ["a", "c"]


def test_the_likely_voice_is_loaded_from_the_start(folder: Path) -> None:
    assert list(engine_of(folder)._resident) == ["en_US-noise-low"]
    chinese = PiperEngine(folder, prefer=VoiceDefaults(language="zh-CN"))
    chinese.load()
    assert list(chinese._resident) == ["zh_CN-noise-low"]


def test_no_voice_that_spoke_leaves_memory_for_the_likely_one(folder: Path) -> None:
    copy_voice(folder / "zh_CN-noise-low.onnx", folder / "other.onnx")
    engine = engine_of(folder, resident=2)
    for name in ("zh_CN-noise-low", "other"):
        speak(engine, "Hi.", name)
    assert engine.likely_need() is None
    engine.refresh()
    assert list(engine._resident) == ["zh_CN-noise-low", "other"]


def test_a_replaced_voice_is_loaded_anew(folder: Path) -> None:
    engine = engine_of(folder)
    before = engine._resident["en_US-noise-low"]
    change_config(folder / "en_US-noise-low.onnx", lambda config: config["audio"].update(sample_rate=16_000))
    assert engine.refresh()
    speak(engine, "Hi.")
    assert engine._resident["en_US-noise-low"] is not before


def test_a_longer_text_is_longer(folder: Path) -> None:
    engine = engine_of(folder)
    assert len(speak(engine, "One two three four five six seven eight.")) > 2 * len(speak(engine, "One."))


def test_a_voice_that_is_twice_as_fast_takes_half_as_long(folder: Path) -> None:
    text = "The dryer needs twelve minutes."
    fast, usual = (len(speak(engine_of(folder, speed=speed), text)) for speed in (2.0, 1.0))
    assert fast == usual / 2


def test_sentences_keep_their_loudness_relative_to_each_other(folder: Path) -> None:
    engine = engine_of(folder)
    loudness = []
    for text in ("One two three four five six.", "Hm.", "The kitchen light is on now."):
        samples = np.frombuffer(speak(engine, text), "<i2").astype(np.float64) / 32768
        loudness.append(float(np.sqrt(np.mean(samples**2))))
    assert loudness == pytest.approx([TARGET_RMS] * 3, rel=0.3)


def test_loud_samples_are_bent_not_cut() -> None:
    samples = np.array([-9.0, -1.0, -0.5, 0.0, 0.5, 0.9, 1.0, 9.0], np.float32)
    pcm = np.frombuffer(to_pcm16(samples), "<i2")
    assert list(pcm) == sorted(pcm)
    assert pcm[2] == -pcm[4] == -16383
    assert pcm[5] < pcm[6] < 32767
    assert to_pcm16(np.zeros(0, np.float32)) == b""


def test_speakers_are_published_and_chosen(speakers_voice: Path) -> None:
    engine = engine_of(speakers_voice.parent)
    (voice,) = engine.voices
    assert voice.speakers == ("anna", "bernd")
    assert speak(engine, "Hallo.", voice.name, "bernd")
    with pytest.raises(UnknownModelError, match=r"no speaker carl.*anna, bernd"):
        speak(engine, "Hallo.", voice.name, "carl")


def test_a_cancelled_text_ends_after_its_portion(folder: Path) -> None:
    engine = engine_of(folder)
    text = "One two three. Four five six. Seven eight nine. Ten eleven twelve."
    cancellation = Cancellation()
    cancellation.cancel()
    (cut,) = engine.synthesize(text, engine.voices[0], None, cancellation)
    assert 0 < len(cut.pcm) < len(speak(engine, text)) / 2


def test_a_voice_that_is_gone_is_an_error(folder: Path) -> None:
    with pytest.raises(EngineError, match="is gone"):
        spoken(engine_of(folder).synthesize("Hi", Voice("gone", "en", "", ("", ""), "1"), None, Cancellation()))


def test_cuda_that_is_not_there_is_told_at_the_start(folder: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="no CUDA"):
        engine_of(folder, cuda=True)


def settings_for(folder: Path, **values: Any) -> Settings:
    return build({"tts_dir": folder, **values})


async def test_piper_and_espeak_share_a_stream(serve: ServeFunction, stream: Say, folder: Path) -> None:
    """Piper has English and Chinese voices here, eSpeak NG reads the rest; the format is the first one's."""
    port = await serve(TtsService(settings_for(folder)))
    heard = await stream(port, ["The light is on. ", "灯已打开。", "Свет включён. ", "Done."])
    assert heard.types == ["audio-start", "audio-chunk", "audio-stop", "synthesize-stopped"]
    assert heard.rate_hz == 22_050
    assert heard.seconds > 3


async def test_a_voice_is_asked_for_by_name(serve: ServeFunction, say: Say, folder: Path, speakers_voice: Path) -> None:
    copy_voice(speakers_voice, folder / speakers_voice.name)
    port = await serve(TtsService(settings_for(folder)))
    assert (await say(port, "Hallo.", SynthesizeVoice(name="de_DE-mls-low", speaker="bernd"))).seconds > 0.3
    assert (await say(port, "Hi.", SynthesizeVoice(name="de_DE-mls-low", speaker="carl"))).error[
        "code"
    ] == "unknown-model"
    assert (await say(port, "Hi.", SynthesizeVoice(name="nobody"))).error["code"] == "unknown-model"


async def test_twenty_sessions_on_one_voice_do_not_mix(serve: ServeFunction, stream: Say, folder: Path) -> None:
    port = await serve(TtsService(settings_for(folder, tts="piper")))
    texts = [f"{'word ' * (number % 5 + 1)}number {number}. And more." for number in range(20)]
    together = await asyncio.gather(*(stream(port, [text]) for text in texts))
    fresh = await serve(TtsService(settings_for(folder, tts="piper")))  # its cache is empty
    alone = [await stream(fresh, [text]) for text in texts]
    for one, other in zip(together, alone, strict=True):
        # Their portions may differ.
        np.testing.assert_allclose(samples_of(one.pcm), samples_of(other.pcm), rtol=0, atol=1)


async def test_a_corrupt_voice_does_not_stop_speech(serve: ServeFunction, say: Say, folder: Path) -> None:
    graph = b"\x0a\x06broken"
    (folder / "en_US-noise-low.onnx").write_bytes(b"\x08\x08\x3a" + bytes([len(graph)]) + graph)
    port = await serve(TtsService(settings_for(folder)))
    assert (await say(port, "The light is on.")).seconds > 0.5


async def test_a_client_that_leaves_frees_the_voice(
    serve: ServeFunction, connect: Connect, say: Say, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[str] = []
    original = PiperEngine.synthesize

    def counting(self: PiperEngine, text: str, *rest: Any) -> Any:
        spoken.append(text)
        return original(self, text, *rest)

    monkeypatch.setattr(PiperEngine, "synthesize", counting)
    port = await serve(TtsService(settings_for(folder, tts="piper")))
    client = await connect(port)
    await send_stream(client, [f"Sentence number {number} is here. " for number in range(400)])
    await listen(client, "audio-chunk")
    await client.disconnect()
    await say(port, "I am next.")
    count = len(spoken)
    await say(port, "And once more.")
    assert len(spoken) == count + 1
    assert count < 400


def test_engines_are_made_from_the_settings(folder: Path) -> None:
    made = piper.create(settings_for(folder, tts_resident=1))
    made.load()
    assert made.capabilities.name == "piper"
    assert [voice.name for voice in made.voices] == ["en_US-noise-low", "zh_CN-noise-low"]


def test_piper_and_espeak_keep_their_own_libraries_apart(folder: Path) -> None:
    """Both bring a copy of libespeak-ng with a global voice; one must not change what the other says."""
    ours, theirs = espeak.create(Settings()), engine_of(folder)
    ours.load()
    voice = next(each for each in ours.voices if each.language == "de")
    before = speak(theirs, "Hello there."), len(spoken(ours.synthesize("Guten Tag.", voice, None, Cancellation())).pcm)
    for _ in range(3):
        again = samples_of(speak(theirs, "Hello there."))
        np.testing.assert_allclose(again, samples_of(before[0]), rtol=0, atol=1)
        german = spoken(ours.synthesize("Guten Tag.", voice, None, Cancellation()))
        assert len(german.pcm) == pytest.approx(before[1], rel=0.05)


# --- Memory -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def governor(machine: Machine) -> Governor:
    return machine.governor()


def resident(governor: Governor) -> str:
    """Return how many voices are in memory, as it is told."""
    (tenant,) = governor._tenants
    return tenant.name


async def test_a_voice_is_granted_its_memory_before_it_is_loaded_and_has_it_then(
    serve: ServeFunction, say: Say, folder: Path, governor: Governor
) -> None:
    asked: list[tuple[str, int]] = []
    admit = governor.admit

    async def noted(kind: str, name: str, need: int, *, own_process: bool = True) -> None:
        asked.append((name, need))
        await admit(kind, name, need, own_process=own_process)
        assert governor._promises

    governor.admit = noted  # type: ignore[method-assign]
    port = await serve(TtsService(build({"tts": "piper", "tts_dir": folder}), governor=governor))
    await say(port, "Good morning.")
    await say(port, "Good evening.")
    await say(port, "早上好。")
    assert [name for name, _ in asked] == ["en_US-noise-low", "zh_CN-noise-low"]
    sizes = [(folder / f"{name}.onnx").stat().st_size for name, _ in asked]
    assert [need for _, need in asked] == [round(1.5 * size) for size in sizes]
    assert governor._promises == {}


async def test_a_voice_without_room_is_read_by_one_that_is_there_and_that_is_told_once(
    serve: ServeFunction, say: Say, folder: Path, governor: Governor, machine: Machine
) -> None:
    port = await serve(TtsService(build({"tts": "piper", "tts_dir": folder}), governor=governor))
    await say(port, "Hello.")
    machine.free_mb = 100  # all of it is the reserve
    wanted = SynthesizeVoice("zh_CN-noise-low")
    for _ in range(2):
        assert (await say(port, "Good morning.", wanted)).pcm
    assert resident(governor) == "1 voices"
    (note,) = governor.report()["notes"]
    assert note.startswith("Text-to-speech does without a better voice: zh_CN-noise-low needs ")
    machine.free_mb = 4000
    assert (await say(port, "Good evening.", wanted)).pcm
    assert resident(governor) == "2 voices"


async def test_where_no_voice_fits_espeak_speaks_which_needs_none(
    serve: ServeFunction, say: Say, folder: Path, governor: Governor, machine: Machine
) -> None:
    machine.free_mb = 100
    service = TtsService(build({"tts_dir": folder}), governor=governor)
    port = await serve(service)
    assert (await say(port, "Good morning.")).pcm
    assert resident(governor) == ""
    machine.free_mb = 4000
    await service.reload()
    assert resident(governor) == "1 voices", "the likely one is loaded before somebody asks"


async def test_a_second_voice_without_room_is_not_tried_where_one_is_there(
    serve: ServeFunction, say: Say, folder: Path, governor: Governor, machine: Machine
) -> None:
    copy_voice(folder / "en_US-noise-low.onnx", folder / "en_GB-noise-low.onnx")
    settings = build({"tts_dir": folder, "tts_voice": "zh_CN-noise-low"})  # the likely one
    port = await serve(TtsService(settings, governor=governor))
    await say(port, "早上好。")
    machine.free_mb = 100
    assert (await say(port, "Good morning.", SynthesizeVoice("en_US-noise-low"))).pcm
    assert len(governor.report()["notes"]) == 1


async def test_nobody_gives_way_to_a_voice_that_nobody_asked_for(
    serve: ServeFunction, say: Say, folder: Path, governor: Governor, machine: Machine
) -> None:
    other = AsyncMock(kind="llm", last_used_s=0.0, used_bytes=MB)
    other.give_way.return_value = ""
    governor.register(other)
    machine.free_mb = 100
    port = await serve(TtsService(build({"tts_dir": folder}), governor=governor))
    await say(port, "Good morning.")
    other.give_way.assert_awaited_once_with(to_another=True)  # not to the likely one, at the start


async def test_when_memory_is_short_only_the_voice_that_spoke_last_is_kept(
    serve: ServeFunction, say: Say, folder: Path
) -> None:
    governor = await asyncio.to_thread(Governor)
    service = TtsService(build({"tts": "piper", "tts_dir": folder}), governor=governor)
    port = await serve(service)
    await say(port, "Good morning.")
    await say(port, "早上好。")
    (tenant,) = governor._tenants
    assert tenant.name == "2 voices"
    both = tenant.used_bytes
    assert await tenant.give_way(to_another=True)
    assert tenant.name == "1 voices"
    assert 0 < tenant.used_bytes < both
    assert await tenant.give_way(to_another=True) == ""
    assert (await say(port, "Good morning.")).pcm, "the other one is loaded again"
