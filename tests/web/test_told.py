"""What the page is told: settings without secrets, turns, what does a stage; and that all goes on without a page."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from tests.web.conftest import TOKEN, OpenSite, Visit
from wyoming_servers.conversation.engine import ModelState, ModelStatus
from wyoming_servers.errors import EngineUnavailableError, SettingsError
from wyoming_servers.host import EngineReport
from wyoming_servers.protocol.service import Stage
from wyoming_servers.settings import options
from wyoming_servers.turns.log import TurnLog
from wyoming_servers.turns.turn import Exchange, Outcome, Phase, Request, Timing
from wyoming_servers.web.servers import Servers

HEARD = Exchange(
    Request.TRANSCRIPT,
    10.0,
    12.0,
    (Timing(Phase.SPEECH, 10.5, 11.5), Timing(Phase.STT, 11.5, 12.0, "whisper base")),
    Outcome.HEARD,
    said="打开灯",
    language="zh-CN",
)
SPOKEN = Exchange(Request.SPEECH, 12.5, 13.0, (Timing(Phase.TTS, 12.5, 13.0, first_s=12.6),), answered="灯已打开")


async def event_of(stream: aiohttp.ClientResponse) -> tuple[str, dict[str, Any]]:
    """Return the next event: its name and data."""
    while not (line := (await stream.content.readline()).decode()).startswith("event: "):
        assert line, "the stream is over"
    data = (await stream.content.readline()).decode()
    return line.removeprefix("event: ").strip(), json.loads(data.removeprefix("data: "))


async def test_settings_are_told_with_what_they_mean_and_no_secret(open_site: OpenSite, visit: Visit) -> None:
    http = await visit(await open_site(llm_key="very secret", stt_silence_s="1.5"))
    async with http.get("/api/settings") as response:
        text = await response.text()
    told = {each["key"]: each for each in json.loads(text)["settings"]}
    assert list(told) == [option.key for option in options()]
    assert told["stt_silence_s"] == {
        "key": "stt_silence_s",
        "section": "stt",
        "value": 1.5,
        "default": 0.7,
        "description": "Silence that ends an utterance",
        "flag": "--stt-silence-s",
        "variable": "SOTTO_STT_SILENCE_S",
        "changed": True,
    }
    assert (told["llm_key"]["value"], told["llm_key"]["flag"], told["home_token"]["value"]) == ("(set)", "", "")
    assert TOKEN not in text
    assert "very secret" not in text


async def test_turns_are_told_the_latest_first(open_site: OpenSite, visit: Visit, turns: TurnLog) -> None:
    http = await visit(await open_site())
    turns.add(HEARD)
    turns.add(SPOKEN)
    turns.add(replace(HEARD, began_s=50.0, ended_s=51.0, said="and now?"))
    async with http.get("/api/turns") as response:
        latest, first = (await response.json())["turns"]
    assert (latest["said"], first["said"], first["answered"]) == ("and now?", "打开灯", "灯已打开")
    assert (first["kind"], first["outcome"], first["language"]) == ("spoken", "answered", "zh-CN")
    assert [(each["stage"], each["from_s"], each["to_s"]) for each in first["stages"]] == [
        ("speech", 0.5, 1.5),
        ("stt", 1.5, 2.0),
        ("tts", 2.5, 3.0),
    ]
    assert (first["stages"][1]["engine"], first["stages"][2]["first_s"]) == ("whisper base", 2.6)


async def test_whoever_looks_on_is_told_of_a_turn_as_it_grows(
    open_site: OpenSite, visit: Visit, turns: TurnLog
) -> None:
    http = await visit(await open_site())
    async with http.get("/api/events") as stream:
        assert (await event_of(stream))[0] == "status"
        turns.add(HEARD)
        turns.add(SPOKEN)
        told = [await event_of(stream) for _ in range(2)]
    assert [name for name, _ in told] == ["turn", "turn"]
    assert len({turn["id"] for _, turn in told}) == 1
    assert [len(turn["stages"]) for _, turn in told] == [2, 3]


async def test_prometheus_is_told_what_stages_take_and_no_words(open_site: OpenSite, turns: TurnLog) -> None:
    site = await open_site()
    turns.add(HEARD)
    text = site._door.metrics.text().decode()
    assert 'sotto_stage_seconds_count{stage="stt"} 1.0' in text
    assert 'sotto_stage_seconds_sum{stage="speech"} 1.0' in text
    assert "灯" not in text


async def test_the_page_asks_for_nothing_that_only_programs_do(open_site: OpenSite, visit: Visit) -> None:
    http = await visit(await open_site())
    for method, path in (("POST", "/v1/chat/completions"), ("POST", "/api/pair"), ("POST", "/api/home")):
        async with http.request(method, path, json={}) as response:
            assert response.status in {404, 405}, path


async def test_where_another_program_has_the_port_there_is_no_page_and_all_else_goes_on(
    open_site: OpenSite, caplog: pytest.LogCaptureFixture
) -> None:
    first = await open_site()
    second = await open_site(web_uri=f"tcp://127.0.0.1:{first.port}")
    assert (second.port, second.address) == (None, "")
    assert "--web-uri" in caplog.text


async def test_an_address_that_is_none_is_refused(open_site: OpenSite) -> None:
    with pytest.raises(SettingsError, match="--web-uri"):
        await open_site(web_uri="http://127.0.0.1:8099")


async def test_it_is_open_beside_the_http_door(open_site: OpenSite, visit: Visit) -> None:
    site = await open_site(http_uri="tcp://127.0.0.1:0")
    url = f"http://127.0.0.1:{site._door.port}/api/turns"
    async with aiohttp.ClientSession() as client:
        async with client.get(url) as response:
            assert response.status == 401
        async with client.get(url, headers={"Authorization": f"Bearer {TOKEN}"}) as response:
            assert await response.json() == {"turns": []}


class Reporting:
    def __init__(self, *reports: EngineReport) -> None:
        self.reports = list(reports)


class Model:
    is_there = True

    def __init__(self, state: ModelState, detail: str) -> None:
        self.status = ModelStatus("llama_cpp", "qwen3", state, detail)


def test_each_stage_tells_what_does_it_and_where() -> None:
    broken = EngineReport("piper", "", "failed", error=EngineUnavailableError("No package.", remedy="Install it."))
    services = {
        Stage.STT: Reporting(EngineReport("whisper", "base", "ready", "cpu, 2 threads")),
        Stage.TTS: Reporting(broken, EngineReport("espeak", "", "ready", "cpu")),
        Stage.HOME: Reporting(),
    }
    told = Servers(services, Model(ModelState.READY, "CUDA, 29 of 29 layers")).objects()  # type: ignore[arg-type]
    assert [(each["stage"], each["engine"], each["device"]) for each in told] == [
        ("stt", "whisper", "cpu, 2 threads"),
        ("tts", "espeak", "cpu"),
        ("llm", "llama_cpp", "CUDA, 29 of 29 layers"),
    ]
    (alone,) = Servers({Stage.TTS: Reporting(broken)}, None).objects()  # type: ignore[dict-item]
    assert alone["error"] == {"code": "engine-unavailable", "message": "No package.", "remedy": "Install it."}
    (failed,) = Servers({}, Model(ModelState.FAILED, "The file is broken.")).objects()  # type: ignore[arg-type]
    assert (failed["state"], failed["device"], failed["error"]["message"]) == ("failed", "", "The file is broken.")
