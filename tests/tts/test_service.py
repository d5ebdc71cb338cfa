"""The stage on real sockets, with an engine whose audio is the text."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any

import pytest
from wyoming.audio import AudioChunk
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from tests.conftest import ServeFunction
from tests.tts.conftest import WAIT_S, Connect, Say, TextEngine, listen, send_stream, to_text
from wyoming_servers.errors import EngineUnavailableError, SettingsError
from wyoming_servers.host import EngineHost
from wyoming_servers.settings import Settings, build
from wyoming_servers.tts.engine import TtsEngine, Voice
from wyoming_servers.tts.roster import installed_engines
from wyoming_servers.tts.server import TtsService
from wyoming_servers.tts.sound import CHUNK_SAMPLES
from wyoming_servers.worker import Priority

REPLY = "The light is on. The door is closed. Good night."
DELTAS = ["The li", "ght is", " on. T", "he door is cl", "osed", ". ", "Good", " night", "."]


def service(*engines: TtsEngine, settings: Settings | None = None) -> TtsService:
    return TtsService(settings or Settings(), engines or (TextEngine(),))


async def send_text(client: AsyncTcpClient, parts: Sequence[str]) -> None:
    await client.write_event(Synthesize(text="".join(parts)).event())


async def wait_for_begun(engine: TextEngine) -> None:
    assert await asyncio.to_thread(engine.begun.acquire, timeout=WAIT_S)


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


@pytest.mark.parametrize(
    ("voice", "named"),
    [
        (SynthesizeVoice(name="nobody"), "text-en-US"),
        (SynthesizeVoice(name="text-en-US", speaker="carl"), "anna, bernd"),
        (SynthesizeVoice(language="tlh"), "zh-CN"),
    ],
)
async def test_an_unknown_voice_is_an_error_that_names_the_known(
    serve: ServeFunction, say: Say, stream: Say, voice: SynthesizeVoice, named: str
) -> None:
    port = await serve(service())
    heard = await say(port, REPLY, voice)
    assert heard.error["code"] == "unknown-model"
    assert named in heard.error["text"]
    heard = await stream(port, DELTAS, voice)
    assert heard.types == ["error", "synthesize-stopped"]
    assert (await say(port, REPLY)).text == REPLY


async def test_an_error_in_a_stream_is_told_before_the_stream_is_over(serve: ServeFunction, connect: Connect) -> None:
    client = await connect(await serve(service()))
    await client.write_event(SynthesizeStart(voice=SynthesizeVoice(name="nobody")).event())
    assert (await listen(client, "error")).error["code"] == "unknown-model"
    await client.write_event(SynthesizeChunk(text="Hello.").event())
    await client.write_event(Synthesize(text="Hello.").event())
    await client.write_event(SynthesizeStop().event())
    assert (await listen(client, "synthesize-stopped")).types == ["synthesize-stopped"]
    await client.write_event(Synthesize(text="Next.").event())
    assert (await listen(client, "audio-stop")).text == "Next."


async def test_a_text_of_100_000_characters_is_refused(serve: ServeFunction, say: Say) -> None:
    engine = TextEngine()
    heard = await say(await serve(service(engine)), "word " * 20_000)
    assert heard.types == ["error"]
    assert heard.error["code"] == "limit-exceeded"
    assert engine.spoken == []


async def test_a_stream_beyond_the_limit_is_spoken_up_to_it(serve: ServeFunction, stream: Say) -> None:
    heard = await stream(await serve(service(settings=build({"tts_max_chars": 100}))), ["One two three. "] * 20)
    assert heard.types == ["audio-start", "audio-chunk", "error", "synthesize-stopped"]
    assert heard.error["code"] == "limit-exceeded"
    assert heard.text == " ".join(["One two three."] * 6)


async def test_one_long_delta_is_spoken_up_to_the_limit(serve: ServeFunction, stream: Say) -> None:
    heard = await stream(await serve(service(settings=build({"tts_max_chars": 1300}))), ["One two three. " * 300])
    assert heard.types == ["audio-start", "audio-chunk", "error", "synthesize-stopped"]
    assert heard.text.count("One two three.") == 1300 // len("One two three. ")


@pytest.mark.parametrize("text", ["", " \n ", "...", "😀", "**", "—", "<br/>", "```\n```"])
async def test_a_text_without_anything_to_say_is_a_moment_of_silence(
    serve: ServeFunction, say: Say, stream: Say, text: str
) -> None:
    engine = TextEngine()
    port = await serve(service(engine))
    for heard in (await say(port, text), await stream(port, list(text))):
        assert heard.types[:3] == ["audio-start", "audio-chunk", "audio-stop"]
        assert 0 < heard.seconds < 0.5
        assert not heard.pcm.strip(b"\0")
    assert engine.spoken == []


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


@pytest.mark.parametrize(
    "event",
    [
        Event("synthesize", {}),
        Event("synthesize", {"text": 5}),
        Event("synthesize", {"text": None}),
        Event("synthesize", {"text": "Hi", "voice": 5}),
        Event("synthesize", {"text": "Hi", "voice": {"name": ["anna"]}}),
        Event("synthesize", {"text": "Hi", "voice": {"name": "text-en-US", "speaker": 1}}),
        Event("synthesize", {"text": "Hi", "text_format": "html"}),
        Event("synthesize", {"text": "Hi", "text_format": {"a": 1}}),
    ],
)
async def test_a_request_that_is_no_request_is_an_error_and_the_next_is_served(
    serve: ServeFunction, connect: Connect, event: Event
) -> None:
    client = await connect(await serve(service()))
    await client.write_event(event)
    assert (await listen(client, "error", "audio-stop")).error["code"] == "bad-request"
    await client.write_event(Synthesize(text="Next.").event())
    assert (await listen(client, "audio-stop")).text == "Next."


@pytest.mark.parametrize(
    "middle",
    [
        [Event("synthesize-chunk", {})],
        [Event("synthesize-chunk", {"text": 5})],
        [Event("synthesize-start", {})],
    ],
)
async def test_nonsense_inside_a_stream_is_an_error_and_still_ends_with_stopped(
    serve: ServeFunction, connect: Connect, middle: Sequence[Event]
) -> None:
    client = await connect(await serve(service()))
    for event in (SynthesizeStart().event(), *middle, SynthesizeStop().event()):
        await client.write_event(event)
    assert (await listen(client, "synthesize-stopped")).types == ["error", "synthesize-stopped"]


async def test_other_events_inside_a_stream_are_passed_over(serve: ServeFunction, connect: Connect) -> None:
    client = await connect(await serve(service()))
    stream = (SynthesizeChunk(text="Hello.").event(), Event("audio-stop", {}), Event("user-event", {}))
    for event in (SynthesizeStart().event(), *stream, SynthesizeStop().event()):
        await client.write_event(event)
    assert (await listen(client, "synthesize-stopped")).text == "Hello."


async def test_a_chunk_without_a_start_is_an_error(serve: ServeFunction, connect: Connect) -> None:
    client = await connect(await serve(service()))
    await client.write_event(SynthesizeChunk(text="Hello.").event())
    assert (await listen(client, "error")).error["code"] == "unexpected-event"


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


async def test_half_a_stream_whose_client_leaves_is_dropped(serve: ServeFunction, connect: Connect, say: Say) -> None:
    engine = TextEngine()
    port = await serve(service(engine))
    client = await connect(port)
    await client.write_event(SynthesizeStart().event())
    await client.write_event(SynthesizeChunk(text="Half a sen").event())
    await client.disconnect()
    assert (await say(port, "Next.")).text == "Next."
    assert engine.spoken == [("Next.", "text-en-US", None)]


async def test_describe_is_answered_while_an_engine_is_busy(serve: ServeFunction, connect: Connect) -> None:
    engine = TextEngine()
    engine.gate.clear()
    port = await serve(service(engine))
    busy, asking = await connect(port), await connect(port)
    await send_stream(busy, [REPLY])
    await wait_for_begun(engine)
    started = monotonic()
    await asking.write_event(Describe().event())
    info = Info.from_event((await listen(asking, "info")).events[0])
    assert monotonic() - started < 1.0
    assert [program.name for program in info.tts] == ["sotto"]
    engine.gate.set()
    assert (await listen(busy, "synthesize-stopped")).text == REPLY


async def test_only_what_the_listener_waits_for_is_urgent(
    serve: ServeFunction, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, Priority]] = []
    original = EngineHost.run

    async def noting(self: Any, function: Any, *, priority: Priority, deadline_s: float | None = None) -> Any:
        seen.append((self.name, priority))
        return await original(self, function, priority=priority, deadline_s=deadline_s)

    monkeypatch.setattr(EngineHost, "run", noting)
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


async def test_a_broken_voice_is_stood_in_for(serve: ServeFunction, say: Say) -> None:
    first, second = TextEngine("first", ("en-US",), broken={"first-en-US"}), TextEngine("second", ("en-GB",))
    heard = await say(await serve(service(first, second)), "Hello.")
    assert heard.text == "Hello."
    assert second.spoken == [("Hello.", "second-en-GB", None)]


async def test_a_broken_voice_without_stand_in_is_an_error_and_the_next_client_is_served(
    serve: ServeFunction, say: Say, stream: Say
) -> None:
    engine = TextEngine("only", ("en-US",), broken={"only-en-US"})
    port = await serve(service(engine))
    assert (await say(port, "Hello.")).error["code"] == "engine-failed"
    assert (await stream(port, ["Hello."])).types == ["error", "synthesize-stopped"]
    engine.broken.clear()
    assert (await say(port, "Hello.")).text == "Hello."


async def test_one_engine_that_does_not_load_does_not_silence_the_other(serve: ServeFunction, say: Say) -> None:
    port = await serve(service(TextEngine("lost", broken={"load"}), TextEngine("there")))
    assert (await say(port, "Hello.")).text == "Hello."


async def test_no_engine_that_loads_is_an_error(serve: ServeFunction, say: Say, connect: Connect) -> None:
    port = await serve(service(TextEngine("lost", broken={"load"})))
    assert (await say(port, "Hello.")).error["code"] == "engine-failed"
    client = await connect(port)
    await client.write_event(Describe().event())
    info = Info.from_event((await listen(client, "info")).events[0])
    assert [program.installed for program in info.tts] == [False]


async def test_info_lists_the_voices_of_all_engines(serve: ServeFunction, say: Say) -> None:
    tts = service(TextEngine("first", ("en-US",)), TextEngine("second", ("de",)))
    await say(await serve(tts), "Hello.")
    (program,) = tts.info.tts
    assert program.installed
    assert program.supports_synthesize_streaming
    assert [(voice.name, voice.languages) for voice in program.voices] == [
        ("first-en-US", ["en-US"]),
        ("second-de", ["de"]),
    ]
    assert [speaker.name for speaker in program.voices[0].speakers or ()] == ["anna", "bernd"]
    assert tts.info is tts.info


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
    assert [engine.capabilities.name for engine in installed_engines(Settings())] == ["piper", "espeak"]
    assert [engine.capabilities.name for engine in installed_engines(build({"tts": "espeak"}))] == ["espeak"]


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(SettingsError, match="no engine festival"):
        installed_engines(build({"tts": "festival"}))


def test_no_installed_engine_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wyoming_servers.registry.find_spec", lambda _: None)
    with pytest.raises(EngineUnavailableError, match=r"pip install 'sotto\[espeak\]'"):
        installed_engines(Settings())
