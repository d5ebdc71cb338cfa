"""AI tasks: text or data, of words and pictures; and what goes wrong is an error that says what to do."""

from __future__ import annotations

import base64
from dataclasses import replace
from io import BytesIO
import json
from pathlib import Path
from typing import Any

from homeassistant.components import ai_task
from homeassistant.components.ai_task import AITaskEntityFeature, GenDataTaskResult
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import SOURCE_REAUTH, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm, selector
from homeassistant.setup import async_setup_component
from PIL import Image
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.const import CONF_MAX_TOKENS, CONF_TEMPERATURE, SUBENTRY_AI_TASK
from custom_components.sotto.images import LONGEST_SIDE, data_url_of
from tests.integration.household import House
from tests.integration.scripted_server import Break, Call, ScriptedServer, Text, calls, refuses, says
from tests.integration.waiting import until

TASK = "ai_task.sotto_ai_task"
STRUCTURE = probatio.Schema(
    {
        probatio.Required("count", description="How many"): selector.NumberSelector({"min": 0, "max": 9}),
        probatio.Optional("note"): selector.TextSelector(),
    }
)


@pytest.fixture
def album(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return the folder of Home Assistant's own media."""
    hass.config.media_dirs = {"local": str(tmp_path)}
    return tmp_path


@pytest.fixture(autouse=True)
async def _set_up(hass: HomeAssistant, album: Path, house: House, entry: MockConfigEntry) -> None:
    assert await async_setup_component(hass, "intent", {})


async def generate(hass: HomeAssistant, **task: Any) -> GenDataTaskResult:
    """Run a task of the entity; what is not said of it is not asked for."""
    return await ai_task.async_generate_data(
        hass, **{"task_name": "Count it!", "entity_id": TASK, "instructions": "Count the birds.", **task}
    )


def picture(path: Path, size: tuple[int, int] = (64, 48), kind: str = "JPEG", **save: Any) -> dict[str, str]:
    """Write a picture into the album; return it as an attachment."""
    Image.effect_noise(size, 90).convert("RGB").save(path, kind, **save)
    return shown(path, f"image/{kind.lower()}")


def shown(path: Path, mime_type: str) -> dict[str, str]:
    return {
        "media_content_id": f"media-source://media_source/local/{path.name}",
        "media_content_type": mime_type,
    }


def pictures_in(body: dict[str, Any]) -> list[tuple[str, Image.Image]]:
    """Return the pictures that the server was sent, with the type that they were said to be."""
    text, *images = body["messages"][-1]["content"]
    assert text == {"type": "text", "text": "Count the birds."}
    return [decoded(image["image_url"]["url"]) for image in images]


def decoded(url: str) -> tuple[str, Image.Image]:
    head, _, data = url.partition(",")
    return head, Image.open(BytesIO(base64.b64decode(data, validate=True)))


async def sees(hass: HomeAssistant, server: ScriptedServer, vision: bool = True) -> None:
    """Have the server say whether its model sees."""
    await server.followed()
    await server.tell(vision=vision)
    await until(hass, lambda: can_see(hass) is vision)


def can_see(hass: HomeAssistant) -> bool:
    state = hass.states.get(TASK)
    assert state is not None
    return bool(AITaskEntityFeature.SUPPORT_ATTACHMENTS & state.attributes["supported_features"])


async def test_a_task_is_answered_with_text(hass: HomeAssistant, server: ScriptedServer) -> None:
    server.plays(says("There are ", "seven birds."))
    result = await generate(hass)
    assert result.data == "There are seven birds."
    assert result.conversation_id
    body = server.requests[0].body
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == "Count the birds."
    assert body["max_completion_tokens"] == 2000
    assert not {"tools", "response_format", "sotto"} & set(body)


async def test_a_task_with_a_structure_is_answered_with_data(hass: HomeAssistant, server: ScriptedServer) -> None:
    server.plays(says('{"count": ', "7}"))
    result = await generate(hass, structure=STRUCTURE)
    assert result.data == {"count": 7}
    asked = server.requests[0].body["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["name"] == "count_it"
    assert asked["json_schema"]["schema"] == {
        "type": "object",
        "properties": {
            "count": {"type": "number", "minimum": 0, "maximum": 9, "description": "How many"},
            "note": {"type": "string"},
        },
        "required": ["count"],
        "additionalProperties": False,
    }


async def test_a_task_answers_as_its_agent_is_set(
    hass: HomeAssistant, server: ScriptedServer, entry: MockConfigEntry
) -> None:
    data = {CONF_MAX_TOKENS: 50, CONF_TEMPERATURE: 0.9}
    hass.config_entries.async_update_subentry(entry, agent_of(entry), data=data)
    await hass.async_block_till_done()
    server.plays(says("Seven."))
    await generate(hass)
    body = server.requests[0].body
    assert (body["max_completion_tokens"], body["temperature"]) == (50, 0.9)


def agent_of(entry: MockConfigEntry) -> ConfigSubentry:
    return next(each for each in entry.subentries.values() if each.subentry_type == SUBENTRY_AI_TASK)


async def fails(hass: HomeAssistant, key: str, **task: Any) -> dict[str, str]:
    """Run a task that fails with this error; return what is filled into it."""
    with pytest.raises(HomeAssistantError) as raised:
        await generate(hass, **task)
    assert raised.value.translation_domain == "sotto"
    assert raised.value.translation_key == key
    assert str(raised.value) != key, "it has no text"
    return raised.value.translation_placeholders or {}


@pytest.mark.parametrize("reply", ["I cannot count.", '{"count": 7', "[7]", ""])
async def test_an_answer_that_is_no_data_is_an_error(hass: HomeAssistant, server: ScriptedServer, reply: str) -> None:
    server.plays(says(reply))
    await fails(hass, "task_unreadable", structure=STRUCTURE)


async def test_data_that_did_not_fit_is_another(hass: HomeAssistant, server: ScriptedServer) -> None:
    server.figures["completion_tokens"] = 2000
    server.plays(says('{"note": "And then'))
    assert await fails(hass, "task_cut_short", structure=STRUCTURE) == {"tokens": "2000"}


async def test_whether_it_takes_pictures_follows_the_server(hass: HomeAssistant, server: ScriptedServer) -> None:
    assert not can_see(hass)
    await sees(hass, server)
    await sees(hass, server, vision=False)


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp")])
async def test_a_small_picture_is_sent_as_it_is(
    hass: HomeAssistant, album: Path, server: ScriptedServer, kind: str, name: str
) -> None:
    await sees(hass, server)
    server.plays(says("Two."))
    await generate(hass, attachments=[picture(album / name, kind=kind)])
    url = server.requests[0].body["messages"][-1]["content"][1]["image_url"]["url"]
    assert url == f"data:image/{kind.lower()};base64,{base64.b64encode((album / name).read_bytes()).decode()}"


async def test_a_large_picture_is_made_smaller(hass: HomeAssistant, album: Path, server: ScriptedServer) -> None:
    await sees(hass, server)
    server.plays(says("Two."))
    large, tall = picture(album / "large.jpg", (4000, 3000)), picture(album / "tall.png", (500, 2000), "PNG")
    await generate(hass, attachments=[large, tall])
    (head, first), (_, second) = pictures_in(server.requests[0].body)
    assert head == "data:image/jpeg;base64"
    assert first.size == (LONGEST_SIDE, 1152)
    assert second.size == (384, LONGEST_SIDE)


def test_a_picture_is_turned_upright_and_tells_nothing_but_what_is_on_it(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    Image.new("RGB", (3000, 1000), "red").save(tmp_path / "a.jpg", exif=exif)
    sent = decoded(data_url_of(tmp_path / "a.jpg"))[1]
    assert sent.size == (512, LONGEST_SIDE)
    assert not sent.getexif()


def test_a_picture_with_transparent_parts_is_made_smaller(tmp_path: Path) -> None:
    Image.new("RGBA", (3000, 100), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert decoded(data_url_of(tmp_path / "a.png"))[1].mode == "RGB"


async def test_what_is_no_picture_is_refused_with_what_to_do(
    hass: HomeAssistant, album: Path, server: ScriptedServer
) -> None:
    await sees(hass, server)
    (album / "a.pdf").write_bytes(b"%PDF-1.4")
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff" + b"\0" * 100)
    (album / "cut.png").write_bytes(read_bytes_of_png()[:-40])
    Image.new("L", (4, 4)).save(album / "really.gif")
    (album / "really.gif").rename(album / "said_to_be.jpg")
    about = await fails(hass, "task_attachment_type", attachments=[shown(album / "a.pdf", "application/pdf")])
    assert about == {"media": "media-source://media_source/local/a.pdf", "type": "application/pdf"}
    for name in ("broken.jpg", "cut.png", "said_to_be.jpg"):
        about = await fails(hass, "task_image_unreadable", attachments=[shown(album / name, "image/jpeg")])
        assert name in about["media"]
    assert not server.requests


def read_bytes_of_png() -> bytes:
    written = BytesIO()
    Image.effect_noise((40, 40), 90).save(written, "PNG")
    return written.getvalue()


async def test_a_picture_that_nobody_could_decode_is_too_large(
    hass: HomeAssistant, album: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sees(hass, server)
    one = picture(album / "a.png", (300, 400), "PNG")
    for limit, least in (("MOST_PIXELS", 1000), ("MOST_BYTES", 10)):
        with monkeypatch.context() as patch:
            patch.setattr(f"custom_components.sotto.images.{limit}", least)
            await fails(hass, "task_image_too_large", attachments=[one])
    with monkeypatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
        await fails(hass, "task_image_too_large", attachments=[one])


async def test_pictures_may_be_too_large_together(
    hass: HomeAssistant, album: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sees(hass, server)
    monkeypatch.setattr("custom_components.sotto.ai_task.MOST_IMAGE_CHARS", 10_000)
    await fails(hass, "task_images_too_large", attachments=[picture(album / f"{n}.jpg", (99, 99)) for n in range(5)])


async def test_a_model_that_went_blind_meanwhile_is_not_sent_pictures(
    hass: HomeAssistant, album: Path, server: ScriptedServer, entry: MockConfigEntry
) -> None:
    await sees(hass, server)
    entity = hass.data[ai_task.DATA_COMPONENT].get_entity(TASK)
    assert entity is not None
    entity.coordinator.data = replace(entity.coordinator.data, vision=False)  # type: ignore[attr-defined]
    await fails(hass, "task_blind", attachments=[picture(album / "a.jpg")])


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("engine-loading", "task_loading"),
        ("engine-unavailable", "task_no_model"),
        ("no-memory", "task_no_model"),
        ("overloaded", "task_busy"),
        ("limit-exceeded", "task_too_long"),
        ("body-too-large", "task_too_long"),
        ("bad-request", "task_refused"),
    ],
)
async def test_what_the_server_refuses_is_an_error_in_plain_words(
    hass: HomeAssistant, server: ScriptedServer, code: str, key: str
) -> None:
    server.plays(refuses(code, "no such field"))
    about = await fails(hass, key)
    assert about == ({"message": "no such field"} if key == "task_refused" else {})


async def test_a_server_that_is_gone_is_an_error(hass: HomeAssistant, server: ScriptedServer) -> None:
    server.plays([Text("There are"), Break()])
    await fails(hass, "cannot_connect")
    await server.stop()
    await fails(hass, "cannot_connect")


async def test_a_token_that_is_refused_is_an_error_and_asked_for_anew(
    hass: HomeAssistant, server: ScriptedServer
) -> None:
    server.token = "another"
    await fails(hass, "invalid_token")
    await hass.async_block_till_done()
    flows = hass.config_entries.flow.async_progress_by_handler("sotto")
    assert SOURCE_REAUTH in {flow["context"]["source"] for flow in flows}


@pytest.fixture
def assist(hass: HomeAssistant, house: House) -> llm.API:
    """Return Assist's API; what is exposed to conversations is exposed to tasks, too."""
    for entity_id in ("lock.front_door", "light.bed_lamp"):
        async_expose_entity(hass, "ai_task", entity_id, True)
    return next(api for api in llm.async_get_apis(hass) if api.id == llm.LLM_API_ASSIST)


async def test_a_task_with_tools_calls_them_and_then_makes_its_data(
    hass: HomeAssistant, house: House, server: ScriptedServer, assist: llm.API
) -> None:
    server.plays(calls("intent__HassTurnOn", name="Bed lamp"), says("It is on."), says('{"count": 1}'))
    result = await generate(hass, structure=STRUCTURE, llm_api=assist)
    assert result.data == {"count": 1}
    assert house.state("light.bed_lamp") == "on"
    first, second, third = (request.body for request in server.requests)
    assert "intent__HassTurnOn" in {tool["function"]["name"] for tool in first["tools"]}
    assert "response_format" not in first
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "tool"]
    assert second["messages"] == third["messages"]
    assert "tools" not in third
    assert "response_format" in third


async def test_a_task_with_tools_may_answer_with_text(
    hass: HomeAssistant, server: ScriptedServer, assist: llm.API
) -> None:
    server.plays(calls("llm__GetDateTime"), says("It is late."))
    assert (await generate(hass, llm_api=assist)).data == "It is late."


async def test_a_task_has_nobody_to_ask_so_it_unlocks_nothing(
    hass: HomeAssistant, house: House, server: ScriptedServer, assist: llm.API
) -> None:
    both = [
        Call("intent__HassTurnOff", {"name": "Front door"}, call_id="a"),
        Call("intent__HassTurnOn", {"name": "Bed lamp"}, call_id="b"),
    ]
    server.plays(both, says("I may not open the door."))
    await generate(hass, llm_api=assist)
    assert (house.state("lock.front_door"), house.state("light.bed_lamp")) == ("locked", "on")
    results = {each["tool_call_id"]: json.loads(each["content"]) for each in server.requests[1].body["messages"][3:]}
    assert results["a"]["error"] is True
    assert "consent" in results["a"]["data"]["error_text"]
    assert results["b"]["error"] is False


async def test_a_task_that_only_calls_is_stopped(hass: HomeAssistant, server: ScriptedServer, assist: llm.API) -> None:
    server.otherwise = calls("llm__GetDateTime")
    await fails(hass, "task_looped", llm_api=assist)
    assert len(server.requests) == 10
