"""What every agent's language model may do with Sotto."""

from __future__ import annotations

import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from probatio import Invalid, to_openapi
import pytest

from custom_components.sotto.const import DOMAIN
from tests.integration.announcing import ALL, KITCHEN, NIGHT, at, settle_in
from tests.integration.talkers import Home, device_of

NAME = "sotto__Announce"


@pytest.fixture
async def home(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Home:
    """Return a home in the evening."""
    return await settle_in(hass, freezer)


def context(device_id: str | None = None) -> llm.LLMContext:
    return llm.LLMContext("test", None, "en", "conversation", device_id)


async def assist(hass: HomeAssistant, device_id: str | None = None) -> llm.APIInstance:
    """Return Assist as any agent gets it."""
    return await llm.async_get_api(hass, llm.LLM_API_ASSIST, context(device_id))


async def call(hass: HomeAssistant, device_id: str | None = None, **args: Any) -> tuple[Any, bool]:
    """Have the tool called as an agent does; return what it tells, and whether it failed."""
    api = await assist(hass, device_id)
    result = await api.async_call_tool(llm.ToolInput(NAME, {"message": "Dinner is ready.", **args}))
    return result.data, result.error


def spoken_on(home: Home) -> set[str]:
    return set(home.spoken)


async def test_every_agent_has_the_tool(hass: HomeAssistant, home: Home, caplog: pytest.LogCaptureFixture) -> None:
    api = await assist(hass)
    (tool,) = [tool for tool in api.tools if tool.name.startswith("sotto__")]
    assert (tool.name, tool.title, tool.integration) == (NAME, "Announce", DOMAIN)
    assert tool.annotations == llm.ToolAnnotations(destructive=False, open_world=False)
    parameters = to_openapi(tool.parameters, custom_serializer=api.custom_serializer, openapi_version="3.1.0")
    assert set(parameters["properties"]) == {"message", "area", "floor", "priority"}
    assert parameters["required"] == ["message"]
    assert parameters["properties"]["priority"]["enum"] == ["low", "normal", "urgent"]
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert not [warning for warning in warnings if "sotto" in warning and "not been tested" not in warning]


async def test_only_where_a_satellite_can_announce(hass: HomeAssistant, home: Home) -> None:
    for name in hass.states.async_entity_ids("assist_satellite"):
        if name != "assist_satellite.old":
            hass.states.async_remove(name)
    assert NAME not in [tool.name for tool in (await assist(hass)).tools]


async def test_no_other_api_has_it(hass: HomeAssistant, home: Home) -> None:
    from custom_components.sotto.llm import async_get_tools  # noqa: PLC0415 - as Home Assistant finds it

    assert async_get_tools(hass, context(), "some other api") is None


@pytest.mark.parametrize(
    ("args", "speaking"),
    [
        ({}, ALL),
        ({"area": "Kitchen"}, {"kitchen"}),
        ({"area": "厨房"}, {"kitchen"}),
        ({"floor": "downstairs"}, {"kitchen", "sofa", "tv"}),
        ({"floor": "楼上", "area": ""}, {"bedroom"}),
        ({"area": "kitchen", "floor": "Upstairs", "priority": "urgent"}, {"kitchen"}),
    ],
)
async def test_it_announces_where_it_is_told(
    hass: HomeAssistant, home: Home, args: dict[str, str], speaking: set[str]
) -> None:
    data, error = await call(hass, **args)
    assert not error
    assert spoken_on(home) == speaking
    assert {each["result"] for each in data["satellites"].values()} == {"spoken"}


async def test_never_on_the_satellite_that_is_spoken_to(hass: HomeAssistant, home: Home) -> None:
    await call(hass, device_of(hass, KITCHEN))
    assert spoken_on(home) == ALL - {"kitchen"}
    data, error = await call(hass, device_of(hass, KITCHEN), area="Kitchen")
    assert error
    assert "the one that is spoken to" in data["error"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"area": "Cellar"}, "There is no Cellar. Known places: Attic, Bedroom, Kitchen, Living room"),
        ({"floor": "Roof"}, "There is no Roof. Known places: Ground floor, Upstairs"),
        ({"area": "Attic"}, "There is no voice satellite that can do this in the place that was named."),
    ],
)
async def test_the_model_is_told_where_it_could(
    hass: HomeAssistant, home: Home, args: dict[str, str], told: str
) -> None:
    data, error = await call(hass, **args)
    assert error
    assert data["error"].startswith(told)
    assert not home.spoken


async def test_what_became_of_it_is_told_by_name(
    hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    home["kitchen"].leave()
    data, error = await call(hass, area="Kitchen")
    assert error
    assert data == {"satellites": {"Kitchen": {"result": "failed", "reason": "unavailable"}}}
    at(freezer, NIGHT)
    data, error = await call(hass, area="Bedroom")
    assert not error
    assert data == {"satellites": {"Bedroom": {"result": "held", "until": "2026-11-30T06:00:00+00:00"}}}


@pytest.mark.parametrize("args", [{"message": ""}, {"priority": "highest"}, {"volume": 11}])
async def test_nonsense_is_an_error_that_an_agent_handles(
    hass: HomeAssistant, home: Home, args: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        await call(hass, **args)
    assert not home.spoken
