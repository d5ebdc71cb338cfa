"""eSpeak NG itself: the one engine whose words can be understood without any download."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soxr
from wyoming.info import Describe, Info
from wyoming.tts import SynthesizeVoice

from tests.conftest import ServeFunction
from tests.tts.conftest import Connect, Say, listen, spoken
from wyoming_servers.errors import EngineError
from wyoming_servers.settings import Settings, build
from wyoming_servers.tts.engine import Speech, TtsEngine, Voice
from wyoming_servers.tts.engines.espeak import create, language_tag
from wyoming_servers.tts.language import voice_for
from wyoming_servers.tts.server import TtsService
from wyoming_servers.worker import Cancellation


@pytest.fixture(scope="module")
def engine() -> TtsEngine:
    made = create(Settings())
    made.load()
    return made


def voice_named(engine: TtsEngine, name: str) -> Voice:
    return next(voice for voice in engine.voices if voice.name == name)


def speak(engine: TtsEngine, text: str, language: str = "en-US") -> Speech:
    voice = voice_for([engine.voices], language)
    assert voice is not None
    return spoken(engine.synthesize(text, voice, None, Cancellation()))


def seconds(speech: Speech) -> float:
    return len(speech.pcm) / 2 / speech.rate_hz


def words_heard(speech: Speech, *sentences: str) -> str:
    """Return which of the sentences PocketSphinx hears."""
    pocketsphinx = pytest.importorskip("pocketsphinx")
    samples = np.frombuffer(speech.pcm, "<i2").astype(np.float32)
    pcm = soxr.resample(samples, speech.rate_hz, 16_000).clip(-32768, 32767).astype("<i2").tobytes()
    # With its default, bestpath, a grammar's hypothesis may end at any word, or before the first. The voice trembles by
    # chance; with the default beams the right words are sometimes given up before their end.
    beams = {"beam": 1e-80, "wbeam": 1e-60, "pbeam": 1e-80}
    decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL", bestpath=False, **beams)
    grammar = "#JSGF V1.0; grammar said; public <said> = " + " | ".join(sentences) + ";"
    decoder.add_jsgf_string("said", grammar)
    decoder.activate_search("said")
    decoder.start_utt()
    decoder.process_raw(pcm + bytes(6400), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""


SENTENCES = ("turn on the kitchen light", "the window is open", "it is twenty one degrees", "play some music")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_listener_understands_english(engine: TtsEngine, sentence: str) -> None:
    assert words_heard(speak(engine, sentence), *SENTENCES) == sentence


def test_speech_is_as_long_and_as_loud_as_speech_is(engine: TtsEngine) -> None:
    for language, text in (
        ("en", "The temperature in the kitchen is twenty one degrees."),
        ("zh", "厨房的灯已经打开，现在是二十一度。"),  # noqa: RUF001
        ("de", "Die Temperatur in der Küche beträgt 21 Grad."),
        ("ru", "Температура на кухне двадцать один градус."),
    ):
        speech = speak(engine, text, language)
        samples = np.abs(np.frombuffer(speech.pcm, "<i2").astype(np.float32)) / 32768
        spoken = samples[samples > 0.02]
        assert 1.5 < seconds(speech) < 5.0, language
        assert 0.08 < float(np.sqrt(np.mean(spoken**2))) < 0.2, language


def test_it_speaks_many_languages_each_with_a_voice_of_its_own(engine: TtsEngine) -> None:
    names = [voice.name for voice in engine.voices]
    assert len(set(names)) == len(names) > 120
    languages = {voice.language for voice in engine.voices}
    assert {"en-US", "en-GB", "zh-CN", "zh-HK", "de", "fr-FR", "ja", "ko", "ru", "pt-BR", "pt-PT"} <= languages
    assert voice_for([engine.voices], "en") == voice_named(engine, "espeak-en-US")
    assert voice_for([engine.voices], "zh-HK") == voice_named(engine, "espeak-yue")
    assert voice_for([engine.voices], "no") == voice_named(engine, "espeak-nb")


def test_voices_without_a_dictionary_are_not_offered(engine: TtsEngine) -> None:
    assert "espeak-fo" not in {voice.name for voice in engine.voices}


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("cmn", "zh-CN"),
        ("yue", "zh-HK"),
        ("en-gb-x-rp", "en-GB"),
        ("en-us-nyc", "en-US"),
        ("en-029", "en-029"),
        ("es-419", "es-419"),
        ("fa-latn", "fa-Latn"),
        ("cmn-latn-pinyin", "zh-Latn"),
        ("ca-ba", "ca"),
        ("vi-vn-x-south", "vi-VN"),
        ("chr-US-Qaaa-x-west", "chr-US-Qaaa"),
    ],
)
def test_codes_become_tags_that_home_assistant_knows(code: str, tag: str) -> None:
    assert language_tag(code) == tag


def test_speed_changes_the_length(engine: TtsEngine) -> None:
    fast = create(build({"tts_speed": 2.0}))
    fast.load()
    text = "The temperature in the kitchen is twenty one degrees."
    assert seconds(speak(fast, text)) == pytest.approx(seconds(speak(engine, text)) / 2, rel=0.25)


def test_a_cancelled_text_ends_early_and_the_next_is_whole(engine: TtsEngine) -> None:
    voice, text = voice_named(engine, "espeak-en-US"), "One two three four five. " * 50
    cancellation = Cancellation()
    cancellation.cancel()
    assert seconds(spoken(engine.synthesize(text, voice, None, cancellation))) < 1.0
    assert seconds(spoken(engine.synthesize(text, voice, None, Cancellation()))) > 30.0


def test_several_threads_do_not_mix(engine: TtsEngine) -> None:
    texts = [("en-US", "One two three."), ("de", "Eins zwei drei vier."), ("zh-CN", "一二三四五。")] * 4
    alone = [len(speak(engine, text, language).pcm) for language, text in texts]
    start = threading.Barrier(len(texts))

    def together(language: str, text: str) -> int:
        start.wait()
        return len(speak(engine, text, language).pcm)

    with ThreadPoolExecutor(len(texts)) as pool:
        lengths = list(pool.map(together, *zip(*texts, strict=True)))
    assert lengths == pytest.approx(alone, rel=0.05)


def test_odd_text_is_no_trouble(engine: TtsEngine) -> None:
    for text in ("", " ", "\U0001f600", "a" * 3000, "<speak>", "[[h@'loU]]", "\u0301", "%s%n"):
        speak(engine, text)


def test_an_unknown_voice_is_an_error(engine: TtsEngine) -> None:
    with pytest.raises(EngineError, match="no voice espeak-tlh"):
        spoken(engine.synthesize("Hi", Voice("espeak-tlh", "tlh", "", ("", ""), "1"), None, Cancellation()))


async def test_twenty_sessions_in_several_languages_over_sockets(serve: ServeFunction, stream: Say) -> None:
    port = await serve(TtsService(build({"tts": "espeak"})))
    texts = ["The light in the kitchen is on.", "厨房的灯已经打开了。", "Привет, как дела?", "Guten Tag."]
    alone = [(await stream(port, [text])).seconds for text in texts]
    together = await asyncio.gather(*(stream(port, list(text)) for text in texts * 5))
    assert [heard.seconds for heard in together] == pytest.approx(alone * 5, rel=0.05)
    assert len({round(heard_s, 2) for heard_s in alone}) == len(texts)


async def test_info_with_all_its_voices_is_small_and_names_real_languages(
    serve: ServeFunction, connect: Connect, say: Say
) -> None:
    port = await serve(TtsService(build({"tts": "espeak"})))
    await say(port, "Hello.", SynthesizeVoice(language="en-GB"))
    client = await connect(port)
    await client.write_event(Describe().event())
    info = Info.from_event((await listen(client, "info")).events[0])
    (program,) = info.tts
    assert len(program.voices) > 120
    assert all(voice.languages and all(voice.languages) for voice in program.voices)
    assert next(voice.name for voice in program.voices if "en" in voice.languages) == "automatic-en-US"
