"""The stage on real sockets, with an engine whose audio is the text."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from wyoming.audio import AudioChunk
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from tests.conftest import ServeFunction
from tests.tts.conftest import (
    DELTAS,
    REPLY,
    Connect,
    Say,
    TextEngine,
    listen,
    send_stream,
    send_text,
    service,
    to_text,
    wait_for_begun,
)
from wyoming_servers.protocol.service import Stage
from wyoming_servers.registry import create_engines
from wyoming_servers.settings import Settings, build
from wyoming_servers.tts.engine import Voice
from wyoming_servers.tts.server import TtsService
from wyoming_servers.tts.sound import CHUNK_SAMPLES
from wyoming_servers.worker import Priority, Worker


async def test_a_whole_text_is_one_stream_of_audio(serve: ServeFunction, say: Say) -> None:
    heard = await say(await serve(service()), REPLY)
    assert heard.types == ["audio-start", "audio-chunk", "audio-stop"]
    assert heard.text == REPLY


async def test_a_streamed_text_is_spoken_once_and_ends_with_stopped(serve: ServeFunction, stream: Say) -> None:
    engine = TextEngine()
    heard = await stream(await serve(service(engine)), DELTAS)
    assert heard.types == ["audio-start", "audio-chunk", "audio-stop", "synthesize-stopped"]
    assert heard.text == REPLY
    assert [text for text, *_ in engine.spoken] == ["The light is on.", "The door is closed.", "Good night."]


async def test_the_first_sentence_sounds_while_the_rest_is_not_written_yet(
    serve: ServeFunction, connect: Connect
) -> None:
    client = await connect(await serve(service()))
    await client.write_event(SynthesizeStart().event())
    await client.write_event(SynthesizeChunk(text="The light is on. And").event())
    heard = await listen(client, "audio-chunk")
    assert heard.text == "The light is on."
    await client.write_event(SynthesizeChunk(text=" more.").event())
    await client.write_event(SynthesizeStop().event())
    assert (await listen(client, "synthesize-stopped")).text == "And more."


async def test_the_next_sentence_is_made_while_the_one_before_is_sent(serve: ServeFunction, connect: Connect) -> None:
    engine = TextEngine(padding=8_000_000)  # more than the sockets hold, to a client that does not read
    client = await connect(await serve(service(engine)))
    await send_stream(client, ["One. Two. Three. Four."])
    await wait_for_begun(engine)
    await wait_for_begun(engine)
    assert engine.spoken[1][0] == "Two."


async def test_several_requests_on_one_connection_are_answered_one_after_the_other(
    serve: ServeFunction, connect: Connect
) -> None:
    client = await connect(await serve(service()))
    for number in range(3):
        await send_stream(client, [f"Stream {number}."])
        assert (await listen(client, "synthesize-stopped")).text == f"Stream {number}."
        await client.write_event(Synthesize(text=f"Text {number}.").event())
        assert (await listen(client, "audio-stop")).text == f"Text {number}."


async def test_chunks_are_small_and_timed(serve: ServeFunction, say: Say) -> None:
    heard = await say(await serve(service()), "word " * 1500)
    chunks = [AudioChunk.from_event(event) for event in heard.events if AudioChunk.is_type(event.type)]
    assert max(chunk.samples for chunk in chunks) == CHUNK_SAMPLES
    position = 0
    for chunk in chunks:
        assert chunk.timestamp == position * 1000 // heard.rate_hz
        position += chunk.samples


async def test_there_is_a_pause_between_sentences_but_not_after_the_last(serve: ServeFunction, say: Say) -> None:
    heard = await say(await serve(service()), "One. Two.")
    pause = to_text(heard.pcm).removeprefix("One.").removesuffix("Two.")
    assert pause == "\0" * round(0.25 * heard.rate_hz)


async def test_silence_that_the_voice_itself_makes_is_part_of_the_pause(serve: ServeFunction, say: Say) -> None:
    heard = await say(await serve(service(TextEngine(padding=1600))), "One. Two.")
    pause = to_text(heard.pcm).removeprefix("One.").rstrip("\0").removesuffix("Two.")
    assert pause == "\0" * round(0.25 * heard.rate_hz)


async def test_a_stream_has_one_format_whatever_the_rates_of_its_voices(serve: ServeFunction, stream: Say) -> None:
    english, chinese = TextEngine("en", ("en-US",), 16_000), TextEngine("zh", ("zh-CN",), 48_000)
    heard = await stream(await serve(service(english, chinese)), ["The light is on. ", "灯" * 90, "。", " The end."])
    assert heard.types == ["audio-start", "audio-chunk", "audio-stop", "synthesize-stopped"]
    assert heard.rate_hz == 16_000
    assert {AudioChunk.from_event(event).rate for event in heard.events if AudioChunk.is_type(event.type)} == {16_000}
    speech_s = 16 / 16_000 + 91 / 48_000 + 8 / 16_000
    assert heard.seconds == pytest.approx(speech_s + 2 * 0.25, abs=0.002)


async def test_each_sentence_is_read_by_a_voice_of_its_script(serve: ServeFunction, stream: Say) -> None:
    engine = TextEngine()
    port = await serve(service(engine))
    await stream(port, ["The light is on. 灯已打开。"], SynthesizeVoice(name="text-en-US"))
    assert [(text, voice) for text, voice, _ in engine.spoken] == [
        ("The light is on.", "text-en-US"),
        ("灯已打开。", "text-zh-CN"),
    ]


async def test_the_speaker_that_was_asked_for_speaks(serve: ServeFunction, say: Say) -> None:
    engine = TextEngine()
    await say(await serve(service(engine)), "Hello.", SynthesizeVoice(name="text-en-US", speaker="bernd"))
    assert engine.spoken == [("Hello.", "text-en-US", "bernd")]


async def test_a_voice_that_stands_in_speaks_with_its_own_speaker(serve: ServeFunction, say: Say) -> None:
    engine = TextEngine(languages=("en-US",), extra=(Voice("alone", "zh-CN", "", ("", ""), "1"),))
    await say(await serve(service(engine)), "灯已打开。", SynthesizeVoice(name="text-en-US", speaker="bernd"))
    assert engine.spoken == [("灯已打开。", "alone", None)]


async def test_markup_is_not_spoken(serve: ServeFunction, say: Say) -> None:
    text = "# Lights\n- **Kitchen**: on 😀\n- [Hall](https://a.io/b): off"
    assert (await say(await serve(service()), text)).text == "Lights Kitchen: on Hall: off"


async def test_ssml_is_read_as_its_words(serve: ServeFunction, say: Say, connect: Connect) -> None:
    port = await serve(service())
    ssml = '<speak>Hello &amp; <break time="1s"/>good <emphasis>night</emphasis></speak>'
    assert (await say(port, ssml, text_format="ssml")).text == "Hello and good night"
    client = await connect(port)
    await client.write_event(SynthesizeStart(text_format="ssml").event())
    for part in ("<spe", "ak>Hel", "lo <brea", "k/> you</speak>"):
        await client.write_event(SynthesizeChunk(text=part).event())
    await client.write_event(SynthesizeStop().event())
    assert (await listen(client, "synthesize-stopped")).text == "Hello you"


async def test_twenty_sessions_do_not_mix(serve: ServeFunction, stream: Say, say: Say) -> None:
    port = await serve(service())
    texts = [f"Session {number} begins. It goes on. Session {number} ends." for number in range(20)]
    heard = await asyncio.gather(
        *(stream(port, [text[:9], text[9:]]) for text in texts[::2]), *(say(port, text) for text in texts[1::2])
    )
    assert [each.text for each in heard] == texts[::2] + texts[1::2]


async def test_a_client_that_leaves_frees_the_engine_within_a_sentence(
    serve: ServeFunction, connect: Connect, say: Say
) -> None:
    engine = TextEngine(until_cancelled=True)
    port = await serve(service(engine))
    for ask in (send_stream, send_text):
        client = await connect(port)
        await ask(client, [f"Sentence number {number}. " for number in range(50)])
        await wait_for_begun(engine)
        await client.disconnect()
    client = await connect(port)
    await send_text(client, ["I am next."])
    await wait_for_begun(engine)
    assert [text for text, *_ in engine.spoken] == ["Sentence number 0.", "Sentence number 0.", "I am next."]


async def test_describe_is_answered_while_an_engine_is_busy(serve: ServeFunction, connect: Connect) -> None:
    engine = TextEngine()
    engine.gate.clear()
    port = await serve(service(engine))
    busy, asking = await connect(port), await connect(port)
    await send_stream(busy, [REPLY])
    await wait_for_begun(engine)
    await asking.write_event(Describe().event())
    info = Info.from_event((await listen(asking, "info")).events[0])
    assert [program.name for program in info.tts] == ["sotto"]
    engine.gate.set()
    assert (await listen(busy, "synthesize-stopped")).text == REPLY


async def test_only_what_the_listener_waits_for_is_urgent(
    serve: ServeFunction, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, Priority]] = []
    original = Worker.stream

    def noting(self: Any, items: Any, *, priority: Priority, deadline_s: float | None = None) -> Any:
        seen.append((self.name, priority))
        return original(self, items, priority=priority, deadline_s=deadline_s)

    monkeypatch.setattr(Worker, "stream", noting)
    await say(await serve(service()), "One. Two. Three.")
    assert seen == [("text", Priority.LIVE), ("text", Priority.SPECULATIVE), ("text", Priority.SPECULATIVE)]


async def test_a_text_that_comes_while_the_engine_loads_is_kept(serve: ServeFunction, connect: Connect) -> None:
    engine = TextEngine()
    engine.loading.clear()
    client = await connect(await serve(service(engine)))
    await send_stream(client, DELTAS)
    await client.write_event(Describe().event())
    info = Info.from_event((await listen(client, "info")).events[0])
    assert [program.installed for program in info.tts] == [False]
    engine.loading.set()
    assert (await listen(client, "synthesize-stopped")).text == REPLY


async def test_what_was_spoken_before_is_not_made_again(serve: ServeFunction, say: Say) -> None:
    engine = TextEngine()
    port = await serve(service(engine))
    for _ in range(3):
        assert (await say(port, "Turned on the light.")).text == "Turned on the light."
    await say(port, "Turned on the light.", SynthesizeVoice(name="text-en-US", speaker="anna"))
    assert [speaker for _, _, speaker in engine.spoken] == [None, "anna"]


async def test_info_lists_the_voices_of_all_engines(serve: ServeFunction, say: Say) -> None:
    tts = service(TextEngine("first", ("en-US",)), TextEngine("second", ("de",)))
    await say(await serve(tts), "Hello.")
    (program,) = tts.info.tts
    assert program.installed
    assert program.supports_synthesize_streaming
    assert [(voice.name, voice.languages) for voice in program.voices] == [
        ("automatic-en-US", ["en-US", "en"]),
        ("automatic-de", ["de"]),
        ("first-en-US", ["en-US", "en"]),
        ("second-de", ["de"]),
    ]
    assert [speaker.name for speaker in program.voices[2].speakers or ()] == ["anna", "bernd"]
    assert tts.info is tts.info


async def test_an_automatic_voice_is_the_best_one_of_its_language(serve: ServeFunction, say: Say) -> None:
    better, other = TextEngine("better", ("de",)), TextEngine("other", ("en-US", "de"))
    port = await serve(service(better, other))
    for language, engine in (("de", better), ("en-US", other)):
        await say(port, "Hallo.", SynthesizeVoice(name=f"automatic-{language}"))
        assert engine.spoken.pop()[1] == f"{engine.capabilities.name}-{language}"


async def test_a_new_voice_appears_in_info_and_can_speak(serve: ServeFunction, say: Say) -> None:
    tick, looked = asyncio.Event(), asyncio.Event()

    async def sleep(_: float) -> None:
        looked.set()
        await tick.wait()
        tick.clear()

    engine = TextEngine()
    tts = TtsService(Settings(), [engine], sleep=sleep)
    port = await serve(tts)
    await say(port, "Hello.")
    looked.clear()
    engine.extra, engine.changed = (Voice("new", "fr-FR", "", ("", ""), "1"),), True
    tick.set()
    await looked.wait()
    assert [voice.name for voice in tts.info.tts[0].voices][-1] == "new"
    assert (await say(port, "Bonjour.", SynthesizeVoice(name="new"))).text == "Bonjour."
    await say(port, "Hello.")
    assert [text for text, *_ in engine.spoken].count("Hello.") == 2  # nothing of the old voices is kept


def test_auto_is_every_installed_engine_with_piper_first() -> None:
    assert [engine.capabilities.name for engine in create_engines(Stage.TTS, Settings())] == ["piper", "espeak"]
    assert [engine.capabilities.name for engine in create_engines(Stage.TTS, build({"tts": "espeak"}))] == ["espeak"]
