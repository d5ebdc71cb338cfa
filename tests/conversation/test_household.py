"""Whole conversations with a scripted model behind an endpoint: what a household hears, and what happens."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.conversation.household import Household, household
from tests.conversation.scripted_endpoint import Hang, Received, ScriptedEndpoint, Step, Text, calls, says


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as served:
        yield served
        assert not served.remaining, "the model was not asked as often as the script expects"


@pytest.fixture
async def english(endpoint: ScriptedEndpoint) -> AsyncIterator[Household]:
    async with household(endpoint, "en") as house:
        yield house


@pytest.fixture
async def chinese(endpoint: ScriptedEndpoint) -> AsyncIterator[Household]:
    async with household(endpoint, "zh-CN") as house:
        yield house


def users(received: Received) -> list[str]:
    """Return what the user said, without what the home added."""
    return [m["content"].splitlines()[-1] for m in received.body["messages"] if m["role"] == "user"]


async def test_a_conversation_in_english(endpoint: ScriptedEndpoint, english: Household) -> None:
    english.device = "demo-satellite-bedroom"

    endpoint.plays(calls("HassTurnOn", area="Bedroom", domain="light"))
    assert await english.says("it's too dark to read in here") == "Turned on the lights"
    assert english.state("light.bedroom") == "on"
    first = endpoint.requests[0]
    assert "Bedroom" in first.said, "the model is told the room in which it was said"

    endpoint.plays(calls("HassTurnOn", area="Office", domain="light"))
    assert await english.says("and the office too, I'm off to work") == "Turned on the lights"
    assert english.state("light.office") == "on"
    assert users(endpoint.requests[1])[-2:] == ["it's too dark to read in here", "and the office too, I'm off to work"]

    def looks(received: Received) -> list[Step]:
        assert "Bedroom Light: on" in received.results[0]
        return says("Yes, the light is on in the bedroom.")

    endpoint.plays(calls("GetLiveContext", area="Bedroom"), looks)
    assert await english.says("did somebody leave anything running up there") == "Yes, the light is on in the bedroom."

    endpoint.plays(says("There is no sauna here."))
    assert await english.says("warm up the sauna for me") == "There is no sauna here."

    endpoint.plays(
        calls("HassTurnOff", area="Bedroom", domain="light") + calls("HassTurnOff", area="Office", domain="light")
    )
    assert "off" in await english.says("we're leaving, make it dark in both")
    assert (english.state("light.bedroom"), english.state("light.office")) == ("off", "off")

    endpoint.plays(says("Sure, I'll do that when the washing machine is done."), says("I will turn it on then."))
    answer = await english.says("make it bright once the washing machine is done")
    assert answer == "I can't wait for something to happen yet, so I left it as it is."
    assert english.state("light.bedroom") == "off"

    endpoint.plays(says("Why did the scarecrow win a prize? ", "Because he was outstanding in his field."))
    assert await english.says("cheer me up a little") == (
        "Why did the scarecrow win a prize? Because he was outstanding in his field."
    )


async def test_a_conversation_in_chinese(endpoint: ScriptedEndpoint, chinese: Household) -> None:
    chinese.device = "demo-satellite-bedroom"

    endpoint.plays(calls("HassTurnOn", area="卧室", domain="light"))
    assert await chinese.says("这里太暗了看不清书") == "卧室灯已打开"
    assert chinese.state("light.bedroom") == "on"
    assert "主卧" in endpoint.requests[0].said

    endpoint.plays(calls("HassTurnOn", area="书房", domain="light"))
    assert await chinese.says("书房也要,我要去工作了") == "书房灯已打开"
    assert users(endpoint.requests[1])[-2:] == ["这里太暗了看不清书", "书房也要,我要去工作了"]

    def looks(received: Received) -> list[Step]:
        assert "开" in received.results[0] or "on" in received.results[0]
        return says("有，卧室的灯还亮着。")

    endpoint.plays(calls("GetLiveContext", area="卧室"), looks)
    assert await chinese.says("楼上是不是有谁忘了关东西") == "有，卧室的灯还亮着。"

    endpoint.plays(says("这里没有桑拿房。"))
    assert await chinese.says("帮我把桑拿房热起来") == "这里没有桑拿房。"

    endpoint.plays(
        calls("HassTurnOff", area="卧室", domain="light") + calls("HassTurnOff", area="书房", domain="light")
    )
    assert "关" in await chinese.says("我们要出门了,那两间都弄黑")
    assert (chinese.state("light.bedroom"), chinese.state("light.office")) == ("off", "off")

    endpoint.plays(says("好的，洗衣机洗完我就打开。"), says("好的，我会打开的。"))
    assert await chinese.says("等洗衣机洗完就弄亮一点") == "我还不能等某件事发生后再做，所以先保持原样。"
    assert chinese.state("light.bedroom") == "off"

    endpoint.plays(says("为什么稻草人得奖了？", "因为他在田里很出色。"))
    assert await chinese.says("说点让我开心的") == "为什么稻草人得奖了？因为他在田里很出色。"


async def test_who_leaves_stops_the_model_and_holds_up_nobody(endpoint: ScriptedEndpoint, english: Household) -> None:
    endpoint.plays([Text("Once upon a"), Hang()], says("There was a frog."))
    leaving = asyncio.create_task(english.says("tell me a story about a princess"))
    asked = await endpoint.asked(1)
    leaving.cancel()
    async with asyncio.timeout(1):
        await asked.left.wait()
        assert await english.says("tell me a shorter one") == "There was a frog."


async def test_what_is_wanted_in_ten_minutes_becomes_a_timer(endpoint: ScriptedEndpoint, english: Household) -> None:
    endpoint.plays(calls("HassTurnOff", name="Bedroom Light"))
    sentence = "I'm nearly asleep, would you in ten minutes turn off the bedroom light"
    heard = await english.assistant.understand(sentence, "en")
    slots = {each.name: each.value for each in heard.intents[0].entities}
    assert heard.intents[0].name == "HassStartTimer"
    assert slots == {"minutes": 10, "conversation_command": "turn off the bedroom light"}
    assert english.state("light.bedroom") == "off"


async def test_a_model_that_only_looks_comes_to_an_end(endpoint: ScriptedEndpoint, english: Household) -> None:
    endpoint.plays(*[calls("GetLiveContext", area="Bedroom")] * 4)
    assert await english.says("how cosy would you say it is") == "Sorry, that didn't work, so nothing has changed."


async def test_another_language_is_answered_in_it(endpoint: ScriptedEndpoint, english: Household) -> None:
    english.language = "de"
    endpoint.plays(says("Gern geschehen, schlaf gut."))
    assert await english.says("danke dir für alles heute") == "Gern geschehen, schlaf gut."
    assert "German" in endpoint.requests[0].body["messages"][0]["content"]


async def test_names_that_change_are_known_in_the_next_turn(endpoint: ScriptedEndpoint, english: Household) -> None:
    endpoint.plays(says("There is nothing of the kind."), calls("HassTurnOn", name="Moon Lamp"))
    await english.says("it would be nice to have some moon in here")
    house = english.house.snapshot
    moon = [replace(each, name="Moon Lamp") for each in house.entities if each.entity_id == "light.bed_light"]
    others = [each for each in house.entities if each.entity_id != "light.bed_light"]
    english.house._snapshot = replace(house, entities=(*others, *moon))
    assert await english.says("it would be nice to have some moon in here") == "Turned on the light"
    assert "Moon Lamp" in endpoint.requests[1].body["messages"][0]["content"]
