"""Home Assistant with the integration in it, and the scripted server that it talks to over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from blockbuster import BlockBuster, blockbuster_ctx
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from imageio_ffmpeg import get_ffmpeg_exe
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.const import DOMAIN, SUBENTRY_AI_TASK, SUBENTRY_CONVERSATION
from custom_components.sotto.subentry_flow import NEW_AI_TASK, NEW_CONVERSATION
from tests.integration.household import House, furnish
from tests.integration.judged import ask
from tests.integration.scripted_server import ScriptedServer
from tests.integration.translated import all_is_translated

__all__ = ["ask"]


@pytest.fixture(autouse=True)
def _only_loopback(socket_enabled: None) -> None:
    """Open sockets to this machine alone: the pytest plugin refuses other addresses, and without this all of them."""


@pytest.fixture(autouse=True)
def _blocking_the_loop_fails() -> Iterator[BlockBuster]:
    with blockbuster_ctx("custom_components.sotto") as blockbuster:
        yield blockbuster


@pytest.fixture(scope="session")
def config_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a folder for what Home Assistant writes."""
    return str(tmp_path_factory.mktemp("config"))


@pytest.fixture
def hass_config_dir(config_folder: str) -> str:
    """Keep it out of the pytest plugin's own folder."""
    return config_folder


@pytest.fixture
async def hass(hass: HomeAssistant) -> AsyncIterator[HomeAssistant]:
    """Return a running Home Assistant that finds the integration; fails for what that shows without words."""
    hass.data.pop(DATA_CUSTOM_COMPONENTS)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "ffmpeg", {"ffmpeg": {"ffmpeg_bin": get_ffmpeg_exe()}})
    with all_is_translated(hass):
        yield hass


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    """Return a server that listens."""
    async with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Return a furnished house."""
    return await furnish(hass)


@pytest.fixture
def new_entry(hass: HomeAssistant, server: ScriptedServer) -> MockConfigEntry:
    """Return an entry of the server with an agent for each purpose, as its config flow makes it, not set up yet."""
    agents = ((SUBENTRY_CONVERSATION, "Sotto", NEW_CONVERSATION), (SUBENTRY_AI_TASK, "Sotto AI task", NEW_AI_TASK))
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=server.name,
        unique_id=server.id,
        data={CONF_URL: server.url, CONF_TOKEN: server.token},
        subentries_data=[
            ConfigSubentryData(subentry_type=kind, title=title, data=dict(data), unique_id=None)
            for kind, title, data in agents
        ],
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def entry(hass: HomeAssistant, new_entry: MockConfigEntry) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that is set up and follows its server. Request `house` before it to have it furnished."""
    assert await hass.config_entries.async_setup(new_entry.entry_id)
    await hass.async_block_till_done()
    yield new_entry
    if new_entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(new_entry.entry_id)
