"""The dashboard's chat: what its user types, sees and changes, in a real browser, in English and Chinese."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import astuple
from pathlib import Path
from time import monotonic

import pytest
from playwright.async_api import expect

from tests.homeassistant.browser import Answer, Dashboard, browse
from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant
from tests.homeassistant.sotto import Sotto

KITCHEN, LIVING_ROOM, DOOR = "light.kitchen_lights", "light.living_room_rgbww_lights", "lock.front_door"
ENGLISH, CHINESE = "Sotto", "Sotto 中文"


@pytest.fixture(scope="module")
def bilingual_house(home_assistant: HomeAssistant) -> Iterator[None]:
    """A living room and its light with Chinese names too, and the front door exposed; afterwards as before."""
    with home_assistant.administrator() as admin:
        furnisher = Furnisher(admin)
        light = furnisher.call("config/entity_registry/get", entity_id=LIVING_ROOM)
        furnisher.call("config/area_registry/update", area_id="living_room", aliases=["客厅"])
        furnisher.update(LIVING_ROOM, area_id="living_room", aliases=[*light["aliases"], "客厅灯"])
        furnisher.expose(DOOR)
    yield
    with home_assistant.administrator() as admin:
        furnisher = Furnisher(admin)
        furnisher.expose(DOOR, exposed=False)
        furnisher.update(LIVING_ROOM, area_id=light["area_id"], aliases=light["aliases"])
        furnisher.call("config/area_registry/update", area_id="living_room", aliases=[])


@pytest.fixture(scope="module")
def assistants(bilingual_house: None, sotto: Sotto) -> Iterator[None]:
    """An assistant in Chinese beside the one that comes with Sotto, to type with: it has no ears."""
    with sotto.home_assistant.administrator() as admin:
        chinese = Furnisher(admin).call(
            "assist_pipeline/pipeline/create",
            name=CHINESE,
            language="zh-CN",
            conversation_engine=sotto.entities.conversation,
            conversation_language="zh-CN",
            stt_engine=None,
            stt_language=None,
            tts_engine=sotto.entities.tts,
            tts_language="zh-CN",
            tts_voice=None,
            wake_word_entity=None,
            wake_word_id=None,
        )
    yield
    with sotto.home_assistant.administrator() as admin:
        Furnisher(admin).call("assist_pipeline/pipeline/delete", pipeline_id=chinese["id"])


@pytest.fixture
async def dashboard(chromium: str, assistants: None, home_assistant: HomeAssistant) -> AsyncIterator[Dashboard]:
    """A browser whose user has logged in."""
    async with browse(chromium, home_assistant) as dashboard:
        yield dashboard


@pytest.fixture
async def chat(dashboard: Dashboard) -> Dashboard:
    """The same, with Assist opened."""
    await dashboard.open_assist()
    return dashboard


async def test_a_command_and_a_question_are_answered_in_the_dialog(chat: Dashboard, furnisher: Furnisher) -> None:
    furnisher.act("light", "turn_off", KITCHEN)
    await chat.choose(ENGLISH)
    assert await chat.ask("turn on the kitchen light") == Answer("Turned on the lights")
    assert furnisher.state(KITCHEN) == "on"
    assert await chat.ask("is the front door locked") == Answer("Yes")
    await chat.keep("assist-dialog")


async def test_a_command_and_a_question_are_answered_in_chinese(chat: Dashboard, furnisher: Furnisher) -> None:
    furnisher.act("light", "turn_off", LIVING_ROOM)
    await chat.choose(CHINESE)
    assert await chat.ask("打开客厅的灯") == Answer("客厅灯已打开")
    assert furnisher.state(LIVING_ROOM) == "on"
    assert await chat.ask("客厅灯开着吗") == Answer("是的")
    await chat.keep("assist-dialog-chinese")


async def test_what_is_not_understood_is_said_in_the_language_of_the_assistant(chat: Dashboard) -> None:
    await chat.choose(ENGLISH)
    said = await chat.ask("turn on the banana")
    assert said == Answer("Sorry, I am not aware of any device called banana", is_error=True)
    await chat.choose(CHINESE)
    said = await chat.ask("香蕉")
    assert said.is_error
    assert "我无法理解您的意思" in said.text
    await chat.keep("assist-dialog-not-understood")


async def test_while_sotto_is_gone_the_dialog_says_so_and_the_next_question_after_its_return_is_answered(
    chat: Dashboard, sotto: Sotto
) -> None:
    await chat.choose(ENGLISH)
    assert await chat.ask("is the front door locked") == Answer("Yes")
    sotto.kill()
    try:
        said = await chat.ask("is the front door locked")
        await chat.keep("assist-dialog-sotto-gone")
    finally:
        sotto.start()
    assert said.is_error
    assert re.match(r"Error communicating with service: .*Connect call failed", said.text)
    assert await chat.ask("is the front door locked") == Answer("Yes")


async def test_sotto_dying_over_a_question_ends_the_wait_with_an_error(chat: Dashboard, sotto: Sotto) -> None:
    await chat.choose(ENGLISH)
    os.kill(sotto.pid, signal.SIGSTOP)
    try:
        bubble = await chat.send("is the front door locked")
        await connected(sotto.port)
        sotto.kill()
        said = await chat.answer(bubble)
    finally:
        sotto.kill()
        sotto.start()
    assert said.is_error
    assert said.text.startswith("Error communicating with service: ")
    assert "Connect call failed" not in said.text, "Sotto was to be asked before it died"
    assert await chat.ask("is the front door locked") == Answer("Yes")


async def connected(port: int) -> None:
    """Return when somebody has a connection to a port of loopback."""
    deadline = monotonic() + 10
    while not has_connection(port):
        assert monotonic() < deadline, f"nobody connected to port {port}"
        await asyncio.sleep(0.01)


def has_connection(port: int) -> bool:
    """Ask the kernel, for nobody has accepted it yet; 01 is ESTABLISHED."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()]
    return any((row[1], row[3]) == (f"0100007F:{port:04X}", "01") for row in rows)


async def test_the_settings_show_the_assistants_and_the_four_entities(dashboard: Dashboard) -> None:
    await dashboard.show("/config/voice-assistants/assistants")
    for assistant in (ENGLISH, CHINESE):
        await expect(dashboard.page.locator("assist-pref").get_by_text(assistant, exact=True)).to_be_visible()
    await dashboard.keep("settings-voice-assistants")

    await dashboard.show("/config/integrations/integration/wyoming")
    entry = dashboard.page.locator("ha-config-entry-row")
    await expect(entry.get_by_text("sotto", exact=True)).to_be_visible()
    await dashboard.keep("settings-wyoming")
    await entry.get_by_role("link", name="4 entities").click()
    await expect(dashboard.page.get_by_text("sotto", exact=True)).to_have_count(4)
    await dashboard.keep("settings-wyoming-entities")


async def test_an_assistant_is_added_by_hand(dashboard: Dashboard, sotto: Sotto, furnisher: Furnisher) -> None:
    """As the README says it; languages, voice and wake word are what Home Assistant proposes."""
    await dashboard.add_assistant("By hand", "sotto")
    await dashboard.keep("settings-voice-assistants-by-hand")
    pipelines = furnisher.call("assist_pipeline/pipeline/list")["pipelines"]
    made = next(pipeline for pipeline in pipelines if pipeline["name"] == "By hand")
    furnisher.call("assist_pipeline/pipeline/delete", pipeline_id=made["id"])
    engines = (made["conversation_engine"], made["stt_engine"], made["tts_engine"], made["wake_word_entity"])
    assert engines == astuple(sotto.entities)
    assert (made["stt_language"], made["tts_language"], made["tts_voice"]) == ("en", "en", "automatic-en-US")
