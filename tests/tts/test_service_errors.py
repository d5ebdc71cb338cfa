"""What goes wrong on real sockets: bad requests, broken voices, clients that leave; and that the next is served."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from wyoming.event import Event
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
    service,
)
from wyoming_servers.errors import EngineUnavailableError, SettingsError
from wyoming_servers.protocol.service import Stage
from wyoming_servers.registry import create_engines
from wyoming_servers.settings import Settings, build


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


async def test_half_a_stream_whose_client_leaves_is_dropped(serve: ServeFunction, connect: Connect, say: Say) -> None:
    engine = TextEngine()
    port = await serve(service(engine))
    client = await connect(port)
    await client.write_event(SynthesizeStart().event())
    await client.write_event(SynthesizeChunk(text="Half a sen").event())
    await client.disconnect()
    assert (await say(port, "Next.")).text == "Next."
    assert engine.spoken == [("Next.", "text-en-US", None)]


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


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(SettingsError, match="no engine festival"):
        create_engines(Stage.TTS, build({"tts": "festival"}))


def test_no_installed_engine_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wyoming_servers.registry.find_spec", lambda _: None)
    with pytest.raises(EngineUnavailableError, match=r"pip install 'sotto\[espeak\]'"):
        create_engines(Stage.TTS, Settings())
