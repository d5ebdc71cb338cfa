"""Servers that the network or the Supervisor announce."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import Any

from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_USER, ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_socket import socket_allow_hosts

from custom_components.sotto.const import DOMAIN
from tests.integration.dialogs import Dialogs, assert_abort, assert_form
from tests.integration.scripted_server import ScriptedServer

EMPTY = "http://127.0.0.1:9"
"""The discard port: nobody listens there."""

BRIDGE = "127.0.0.77"

STATUS = "/api/status"
PAIR = "/api/pair"


@pytest.fixture
def _bridge() -> None:
    """Let the test try an address at which nobody is, as a bridge of containers has one."""
    socket_allow_hosts(["127.0.0.1", BRIDGE])


@pytest.fixture
async def dialogs(hass: HomeAssistant, server: ScriptedServer) -> AsyncIterator[Dialogs]:
    async with Dialogs(hass) as opened:
        yield opened


@pytest.fixture
async def impostor(server: ScriptedServer) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(server_id=server.id) as other:
        yield other


def on_the_network(server: ScriptedServer, *addresses: str, **changes: Any) -> ZeroconfServiceInfo:
    """Return what zeroconf tells of a server; changes are of that."""
    told = [ip_address(address) for address in addresses or ("127.0.0.1",)]
    properties = {"id": server.id, "version": server.version, "api": str(server.api)}
    kind = "_sotto._tcp.local."
    fields = {
        "ip_address": told[0],
        "ip_addresses": told,
        "port": server.port,
        "hostname": f"{server.name}.local.",
        "type": kind,
        "name": f"{server.name}.{kind}",
        "properties": properties,
    }
    return ZeroconfServiceInfo(**{**fields, **changes})


def in_an_app(server: ScriptedServer, **changes: Any) -> HassioServiceInfo:
    """Return what the Supervisor tells of the app; changes are of what the app told it."""
    config = {"host": "127.0.0.1", "port": server.port, "token": server.token, "id": server.id, **changes}
    return HassioServiceInfo(config=config, name="Sotto", slug="local_sotto", uuid="1234")


def moved(hass: HomeAssistant, entry: MockConfigEntry, url: str) -> None:
    """Let an entry have another address."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_URL: url})


async def state_of(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigEntryState:
    """Return the state of an entry when nothing is left to be done."""
    await hass.async_block_till_done()
    return entry.state


class TestANewServerOnTheNetwork:
    async def test_is_added_by_one_click(self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer) -> None:
        result = await dialogs.announced(on_the_network(server))
        assert_form(result, "discovery_confirm")
        assert not result["data_schema"], "there is nothing to fill in"
        result = await dialogs.submit(result)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["title"] == server.name
        assert result["data"] == {CONF_URL: server.url, CONF_TOKEN: server.token}
        assert [each.subentry_type for each in result["result"].subentries.values()] == ["conversation", "ai_task_data"]
        await hass.async_block_till_done()
        assert hass.states.get("conversation.sotto") is not None

    async def test_is_asked_for_nothing_before_the_click(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        await dialogs.announced(on_the_network(server))
        assert not server.received

    async def test_has_its_name_in_the_list(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer
    ) -> None:
        await dialogs.announced(on_the_network(server))
        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        assert flow["context"]["title_placeholders"] == {"name": server.name}

    async def test_wants_its_token_where_it_does_not_give_it_out(
        self, dialogs: Dialogs, server: ScriptedServer
    ) -> None:
        server.pairing = False
        result = await dialogs.submit(await dialogs.announced(on_the_network(server)))
        assert_form(result, "token")
        result = await dialogs.submit(result, token=server.token)
        assert result["type"] is FlowResultType.CREATE_ENTRY

    @pytest.mark.usefixtures("_bridge")
    async def test_is_found_at_any_of_its_addresses(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        info = on_the_network(server, BRIDGE, "127.0.0.1")
        result = await dialogs.submit(await dialogs.announced(info))
        assert result["data"][CONF_URL] == server.url

    async def test_is_waited_for(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        result = await dialogs.announced(on_the_network(server))
        await server.stop()
        result = await dialogs.submit(result)
        assert_form(result, "discovery_confirm", base="cannot_connect")
        await server.start()
        assert (await dialogs.submit(result))["type"] is FlowResultType.CREATE_ENTRY

    async def test_is_the_one_that_was_announced(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        result = await dialogs.announced(on_the_network(server))
        server.id = "another"
        assert_form(await dialogs.submit(result), "discovery_confirm", base="cannot_connect")
        assert not server.of(PAIR)

    async def test_of_another_version_is_not_added(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        server.api = 2
        result = await dialogs.submit(await dialogs.announced(on_the_network(server)))
        assert_form(result, "discovery_confirm", base="server_too_new")

    @pytest.mark.parametrize("changes", [{"properties": {}}, {"port": None}])
    async def test_must_be_one(self, dialogs: Dialogs, server: ScriptedServer, changes: dict[str, Any]) -> None:
        assert_abort(await dialogs.announced(on_the_network(server, **changes)), "not_sotto")

    async def test_is_shown_once(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        await dialogs.announced(on_the_network(server))
        assert_abort(await dialogs.announced(in_an_app(server)), "already_in_progress")

    async def test_is_offered_no_more_once_it_was_added_by_its_address(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer
    ) -> None:
        await dialogs.announced(on_the_network(server))
        result = await dialogs.add(url=server.url)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)

    async def test_stays_ignored_but_can_be_added_by_hand(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer
    ) -> None:
        MockConfigEntry(domain=DOMAIN, unique_id=server.id, source=SOURCE_IGNORE).add_to_hass(hass)
        assert_abort(await dialogs.announced(on_the_network(server)), "already_configured")
        result = await dialogs.add(url=server.url)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert [each.source for each in hass.config_entries.async_entries(DOMAIN)] == [SOURCE_USER]


class TestAKnownServerOnTheNetwork:
    @pytest.mark.usefixtures("_bridge")
    async def test_is_followed_to_its_new_address(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, new_entry: MockConfigEntry
    ) -> None:
        moved(hass, new_entry, EMPTY)
        await hass.config_entries.async_setup(new_entry.entry_id)
        assert await state_of(hass, new_entry) is ConfigEntryState.SETUP_RETRY
        assert_abort(await dialogs.announced(on_the_network(server, BRIDGE, "127.0.0.1")), "already_configured")
        assert new_entry.data == {CONF_URL: server.url, CONF_TOKEN: server.token}
        assert await state_of(hass, new_entry) is ConfigEntryState.LOADED

    async def test_also_if_it_went_away_only_now(
        self,
        hass: HomeAssistant,
        dialogs: Dialogs,
        server: ScriptedServer,
        entry: MockConfigEntry,
    ) -> None:
        await server.stop()
        async with ScriptedServer(server_id=server.id) as restarted:
            assert_abort(await dialogs.announced(on_the_network(restarted)), "already_configured")
            assert entry.data[CONF_URL] == restarted.url
            await hass.async_block_till_done()
            await restarted.followed()
            await hass.config_entries.async_unload(entry.entry_id)
        await server.start()

    async def test_nobody_else_is_sent_the_token_while_it_is_there(
        self, dialogs: Dialogs, server: ScriptedServer, entry: MockConfigEntry, impostor: ScriptedServer
    ) -> None:
        assert_abort(await dialogs.announced(on_the_network(impostor)), "already_configured")
        assert entry.data[CONF_URL] == server.url
        assert not impostor.received

    async def test_an_encrypted_address_is_not_given_up(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, new_entry: MockConfigEntry
    ) -> None:
        moved(hass, new_entry, "https://127.0.0.1:9")
        assert_abort(await dialogs.announced(on_the_network(server)), "already_configured")
        assert new_entry.data[CONF_URL] == "https://127.0.0.1:9"
        assert not server.received

    @pytest.mark.usefixtures("_bridge")
    async def test_an_address_at_which_nobody_is_is_not_taken_over(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, new_entry: MockConfigEntry
    ) -> None:
        moved(hass, new_entry, EMPTY)
        assert_abort(await dialogs.announced(on_the_network(server, BRIDGE)), "already_configured")
        assert new_entry.data[CONF_URL] == EMPTY

    async def test_is_set_up_as_soon_as_it_is_back(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, new_entry: MockConfigEntry
    ) -> None:
        await server.stop()
        await hass.config_entries.async_setup(new_entry.entry_id)
        assert await state_of(hass, new_entry) is ConfigEntryState.SETUP_RETRY
        await server.start()
        assert_abort(await dialogs.announced(on_the_network(server)), "already_configured")
        assert await state_of(hass, new_entry) is ConfigEntryState.LOADED


class TestTheApp:
    async def test_is_added_by_one_click_with_the_token_that_it_told(
        self, dialogs: Dialogs, server: ScriptedServer
    ) -> None:
        server.pairing = False
        result = await dialogs.announced(in_an_app(server))
        assert_form(result, "discovery_confirm")
        assert not server.received
        result = await dialogs.submit(result)
        assert result["title"] == "Sotto"
        assert result["data"] == {CONF_URL: server.url, CONF_TOKEN: server.token}
        assert not server.of(PAIR)

    async def test_may_tell_no_token(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        server.token, server.pairing = "", False
        result = await dialogs.submit(await dialogs.announced(in_an_app(server, token=None)))
        assert result["data"] == {CONF_URL: server.url, CONF_TOKEN: ""}

    async def test_wants_its_token_where_the_one_that_it_told_is_old(
        self, dialogs: Dialogs, server: ScriptedServer
    ) -> None:
        server.pairing = False
        result = await dialogs.submit(await dialogs.announced(in_an_app(server, token="an-old-one")))
        assert_form(result, "token", base="invalid_token")

    @pytest.mark.parametrize("missing", ["id", "host", "port"])
    async def test_must_be_one(self, dialogs: Dialogs, server: ScriptedServer, missing: str) -> None:
        assert_abort(await dialogs.announced(in_an_app(server, **{missing: None})), "not_sotto")

    async def test_is_followed_with_what_the_supervisor_says(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, entry: MockConfigEntry
    ) -> None:
        server.token = "a-new-token"
        assert_abort(await dialogs.announced(in_an_app(server)), "already_configured")
        assert entry.data == {CONF_URL: server.url, CONF_TOKEN: "a-new-token"}
        await hass.async_block_till_done()
        assert server.of(STATUS)[-1].headers["Authorization"] == "Bearer a-new-token"
