"""From the wake word to the spoken answer: recorded commands through Home Assistant's real pipeline."""

from __future__ import annotations

from pathlib import Path

from tests.homeassistant.house import Furnisher
from tests.homeassistant.pipeline import Assist, Run
from tests.homeassistant.satellite import Satellite, until
from tests.homeassistant.sound import decode, read_wav, silence, speech_end_s, speech_s

LIGHT = "light.living_room_rgbww_lights"


def spoken_command(shared: Path) -> bytes:
    """Return a wake word and a command, as one says them."""
    wake_word = read_wav(shared / "audio/wake/okay_nabu.wav")
    return wake_word + silence(0.2) + read_wav(shared / "audio/commands/living_room_light_en.wav")


def print_stages(run: Run, spoken: float, first_byte: float) -> None:
    """Print when each stage was done, in milliseconds from the end of speech."""
    stages = ("wake_word-end", "stt-end", "intent-end", "tts-end")
    times = {stage: run.moments[stage] for stage in stages if stage in run.moments}
    for stage, moment in {**times, "first byte of the answer": first_byte}.items():
        print(f"{stage:>25} {(moment - spoken) * 1000:6.0f} ms after the end of speech")  # noqa: T201


async def test_from_the_wake_word_to_the_spoken_answer(assist: Assist, furnisher: Furnisher, shared: Path) -> None:
    furnisher.act("light", "turn_off", LIGHT)
    before = read_wav(shared / "audio/wake/okay_nabu.wav") + silence(0.2)
    command = read_wav(shared / "audio/commands/living_room_light_en.wav")
    async with assist.run("wake_word", sample_rate=16000, timeout=10) as run:
        began = await assist.speak(run, before + command + silence(5))
        await assist.finish(run)
        audio, first_byte = await assist.fetch(run.data["tts-end"]["tts_output"]["url"])
    assert run.data["wake_word-end"]["wake_word_output"]["wake_word_id"] == "okay_nabu"
    assert run.transcript.lower().rstrip(".") == "turn on the living room light"
    assert run.answer == "Turned on the light"
    assert furnisher.state(LIGHT) == "on"
    assert 0.5 < speech_s(decode(audio)) < 5
    print_stages(run, began + len(before) / 32000 + speech_end_s(command), first_byte)


def test_a_satellite_that_hears_the_wake_word_by_sotto_switches_the_light_and_speaks_the_answer(
    waking_satellite: Satellite, furnisher: Furnisher, shared: Path
) -> None:
    furnisher.act("light", "turn_off", LIGHT)
    until(lambda: "Waiting for wake word" in waking_satellite.log)
    waking_satellite.hear(spoken_command(shared))
    until(lambda: furnisher.state(LIGHT) == "on")
    (answer,) = until(waking_satellite.spoken)
    assert 0.5 < speech_s(answer) < 5


def test_a_satellite_that_always_streams_is_woken_by_home_assistant_asking_sotto(
    streaming_satellite: Satellite, furnisher: Furnisher, shared: Path
) -> None:
    furnisher.act("light", "turn_off", LIGHT)
    until(lambda: "Streaming audio" in streaming_satellite.log)
    streaming_satellite.hear(spoken_command(shared))
    until(lambda: furnisher.state(LIGHT) == "on")
    (answer,) = until(streaming_satellite.spoken)
    assert 0.5 < speech_s(answer) < 5
