"""Adding a server by its address, being let in again, moving it, and its quiet hours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.const import CONF_QUIET_END, CONF_QUIET_START, DOMAIN
from custom_components.sotto.subentry_flow import NEW_AI_TASK, NEW_CONVERSATION
from tests.integration.dialogs import Dialogs, assert_abort, assert_form, shown
from tests.integration.scripted_answer import Break, Fail, Respond
from tests.integration.scripted_server import ScriptedServer
from tests.integration.tls import self_signed

NOBODY = "http://127.0.0.1:9"
"""The discard port: nobody listens there."""

STATUS = "/api/status"
PAIR = "/api/pair"


@pytest.fixture
async def dialogs(hass: HomeAssistant, server: ScriptedServer) -> AsyncIterator[Dialogs]:
    async with Dialogs(hass) as opened:
        yield opened


class TestAddingByAddress:
    async def test_a_server_that_gives_its_token_out_is_added_at_once(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer
    ) -> None:
        assert_form(await dialogs.add(), "user")
        result = await dialogs.add(url=f" 127.0.0.1:{server.port} ")
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["title"] == server.name
        assert result["result"].unique_id == server.id
        assert result["data"] == {CONF_URL: server.url, CONF_TOKEN: server.token}
        assert server.of(PAIR)[0].body == {"client": "Home Assistant"}
        await hass.async_block_till_done()
        assert result["result"].state is ConfigEntryState.LOADED

    async def test_it_comes_with_a_conversation_agent_and_an_ai_task(
        self, dialogs: Dialogs, server: ScriptedServer
    ) -> None:
        result = await dialogs.add(url=server.url)
        made = [(each.subentry_type, each.title, each.data) for each in result["result"].subentries.values()]
        assert made == [
            ("conversation", "Sotto", NEW_CONVERSATION),
            ("ai_task_data", "Sotto AI task", NEW_AI_TASK),
        ]

    async def test_without_a_token_where_none_is_needed(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        server.token, server.pairing = "", False
        result = await dialogs.add(url=server.url)
        assert result["data"] == {CONF_URL: server.url, CONF_TOKEN: ""}
        assert server.of(STATUS)
        assert not server.of(PAIR)

    async def test_by_a_token_that_somebody_copied(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        server.pairing = False
        result = await dialogs.add(url=server.url)
        assert_form(result, "token")
        result = await dialogs.submit(result, token="another")
        assert_form(result, "token", base="invalid_token")
        result = await dialogs.submit(result, token=f" {server.token}\n")
        assert result["data"][CONF_TOKEN] == server.token
        assert not server.of(PAIR)

    async def test_by_saying_sotto_pair_on_its_machine(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        server.pairing = False
        result = await dialogs.submit(await dialogs.add(url=server.url))
        assert_form(result, "token", base="pairing_closed")
        assert not server.of(PAIR), "a server that says that it does not is not asked"
        server.pairing = True
        result = await dialogs.submit(result)
        assert result["data"][CONF_TOKEN] == server.token

    async def test_a_wrong_token_does_not_matter_while_it_gives_it_out(
        self, dialogs: Dialogs, server: ScriptedServer
    ) -> None:
        server.pairing = False
        result = await dialogs.add(url=server.url)
        server.pairing = True
        result = await dialogs.submit(result, token="another")
        assert result["data"][CONF_TOKEN] == server.token

    async def test_somebody_else_may_have_been_faster(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        server.instead[PAIR] = Fail("pairing-closed", "Run `sotto pair`.")
        result = await dialogs.add(url=server.url)
        assert_form(result, "token", base="pairing_closed")

    async def test_the_same_server_is_not_added_twice(
        self, dialogs: Dialogs, server: ScriptedServer, entry: MockConfigEntry
    ) -> None:
        result = await dialogs.add(url=f"127.0.0.1:{server.port}")
        assert_abort(result, "already_configured")

    async def test_the_server_must_stay_the_same_until_the_end(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        server.pairing = False
        result = await dialogs.add(url=server.url)
        server.id = "another"
        assert_abort(await dialogs.submit(result, token=server.token), "wrong_server")


class TestWhatIsWrongWithAnAddress:
    async def _recovers(self, dialogs: Dialogs, server: ScriptedServer, result: Mapping[str, Any]) -> None:
        server.instead.clear()
        result = await dialogs.submit(result, url=server.url)
        assert result["type"] is FlowResultType.CREATE_ENTRY

    async def test_what_is_no_address_is_shown_again(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        result = await dialogs.add(url="my jetson")
        assert_form(result, "user", url="invalid_url")
        assert shown(result) == {CONF_URL: "my jetson"}
        await self._recovers(dialogs, server, result)

    async def test_nobody_is_there(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        result = await dialogs.add(url=NOBODY)
        assert_form(result, "user", base="cannot_connect")
        await self._recovers(dialogs, server, result)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            pytest.param(Break(), "cannot_connect", id="it hangs up, as the Wyoming port does"),
            pytest.param(Respond(200, "<html>A router</html>", content_type="text/html"), "not_sotto", id="a router"),
            pytest.param(Respond(200, [1, 2]), "not_sotto", id="JSON of another kind"),
            pytest.param(Respond(200, {"name": "nas"}), "not_sotto", id="another API"),
            pytest.param(Respond(401, {"error": {"code": "no-key"}}), "not_sotto", id="another API with a key"),
            pytest.param(
                Respond(404, {"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}),
                "not_sotto",
                id="llama-server",
            ),
            pytest.param(Respond(404, {"detail": "Not Found"}), "not_sotto", id="vLLM"),
            pytest.param(
                Respond(302, "", headers={"Location": "https://elsewhere.example/"}), "redirected", id="a redirect"
            ),
            pytest.param(Fail("forbidden", "This host is not known by that name."), "refused", id="its own refusal"),
            pytest.param(Fail("overloaded", "Too much at once."), "refused", id="too many connections"),
        ],
    )
    async def test_something_else_is_there(
        self, dialogs: Dialogs, server: ScriptedServer, answer: Break | Respond, error: str
    ) -> None:
        server.instead["/api/info"] = answer
        result = await dialogs.add(url=server.url)
        assert_form(result, "user", base=error)
        await self._recovers(dialogs, server, result)

    async def test_a_refusal_is_told_in_the_servers_words(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        server.instead["/api/info"] = Fail("forbidden", "Use localhost or the IP address.")
        result = await dialogs.add(url=server.url)
        assert result["description_placeholders"]["message"] == "Use localhost or the IP address."

    @pytest.mark.parametrize(("api", "error"), [(0, "server_too_old"), (2, "server_too_new")])
    async def test_a_server_of_another_time(
        self, dialogs: Dialogs, server: ScriptedServer, api: int, error: str
    ) -> None:
        server.api, server.version = api, "3.0.0"
        result = await dialogs.add(url=server.url)
        assert_form(result, "user", base=error)
        assert result["description_placeholders"]["version"] == "3.0.0"
        server.api = 1
        await self._recovers(dialogs, server, result)

    async def test_https_where_there_is_no_tls(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        result = await dialogs.add(url=server.url.replace("http:", "https:"))
        assert_form(result, "user", base="untrusted")
        await self._recovers(dialogs, server, result)

    async def test_a_certificate_that_nobody_vouches_for(self, dialogs: Dialogs, server: ScriptedServer) -> None:
        with self_signed() as url:
            result = await dialogs.add(url=url)
        assert_form(result, "user", base="untrusted")
        await self._recovers(dialogs, server, result)


class TestBeingLetInAgain:
    async def test_one_click_is_enough_while_the_server_gives_its_token_out(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, entry: MockConfigEntry
    ) -> None:
        server.token = "a-new-token"
        result = await dialogs.sign_in(entry)
        assert_form(result, "reauth_confirm")
        assert not server.of(PAIR), "nothing is asked for before the click"
        assert_abort(await dialogs.submit(result), "reauth_successful")
        assert entry.data == {CONF_URL: server.url, CONF_TOKEN: "a-new-token"}
        await hass.async_block_till_done()
        assert server.of(STATUS)[-1].headers["Authorization"] == "Bearer a-new-token"
        assert entry.state is ConfigEntryState.LOADED

    async def test_or_somebody_copies_it(
        self, dialogs: Dialogs, server: ScriptedServer, entry: MockConfigEntry
    ) -> None:
        server.token, server.pairing = "a-new-token", False
        result = await dialogs.submit(await dialogs.sign_in(entry))
        assert_form(result, "reauth_confirm", base="pairing_closed")
        result = await dialogs.submit(result, token="not this one")
        assert_form(result, "reauth_confirm", base="invalid_token")
        assert_abort(await dialogs.submit(result, token="a-new-token"), "reauth_successful")
        assert entry.data[CONF_TOKEN] == "a-new-token"

    async def test_an_entry_that_could_not_be_set_up_is_set_up(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, new_entry: MockConfigEntry
    ) -> None:
        server.token = "a-new-token"
        assert not await hass.config_entries.async_setup(new_entry.entry_id)
        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        assert_abort(await dialogs.submit(flow), "reauth_successful")
        await hass.async_block_till_done()
        assert new_entry.state is ConfigEntryState.LOADED

    async def test_the_same_token_may_be_right_again(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, entry: MockConfigEntry
    ) -> None:
        asked = len(server.of(STATUS))
        result = await dialogs.submit(await dialogs.sign_in(entry), token=server.token)
        assert_abort(result, "reauth_successful")
        await hass.async_block_till_done()
        assert len(server.of(STATUS)) == asked + 2, "once in the dialog, and once when it was set up again"

    async def test_a_server_that_is_away_is_waited_for(
        self, dialogs: Dialogs, server: ScriptedServer, new_entry: MockConfigEntry
    ) -> None:
        await server.stop()
        result = await dialogs.submit(await dialogs.sign_in(new_entry))
        assert_form(result, "reauth_confirm", base="cannot_connect")
        await server.start()
        assert_abort(await dialogs.submit(result), "reauth_successful")

    async def test_no_other_server_is_taken_for_it(
        self, dialogs: Dialogs, server: ScriptedServer, new_entry: MockConfigEntry
    ) -> None:
        server.id = "another"
        assert_abort(await dialogs.submit(await dialogs.sign_in(new_entry)), "wrong_server")
        assert not server.of(PAIR)


class TestMoving:
    @pytest.fixture
    async def elsewhere(self, server: ScriptedServer) -> AsyncIterator[ScriptedServer]:
        async with ScriptedServer(server_id=server.id) as moved:
            yield moved

    async def test_the_token_stays(
        self, hass: HomeAssistant, dialogs: Dialogs, entry: MockConfigEntry, elsewhere: ScriptedServer
    ) -> None:
        result = await dialogs.move(entry)
        assert_form(result, "reconfigure")
        assert shown(result) == {CONF_URL: entry.data[CONF_URL]}
        result = await dialogs.submit(result, url=elsewhere.url)
        assert_abort(result, "reconfigure_successful")
        assert entry.data == {CONF_URL: elsewhere.url, CONF_TOKEN: elsewhere.token}
        await hass.async_block_till_done()
        await elsewhere.followed()
        assert entry.state is ConfigEntryState.LOADED

    async def test_a_token_that_is_not_taken_there_is_asked_for(
        self, dialogs: Dialogs, entry: MockConfigEntry, elsewhere: ScriptedServer
    ) -> None:
        elsewhere.token, elsewhere.pairing = "a-new-token", False
        result = await dialogs.submit(await dialogs.move(entry), url=elsewhere.url)
        assert_form(result, "token", base="invalid_token")
        result = await dialogs.submit(result, token="a-new-token")
        assert_abort(result, "reconfigure_successful")
        assert entry.data == {CONF_URL: elsewhere.url, CONF_TOKEN: "a-new-token"}

    async def test_or_given_out(self, dialogs: Dialogs, entry: MockConfigEntry, elsewhere: ScriptedServer) -> None:
        elsewhere.token = "a-new-token"
        result = await dialogs.submit(await dialogs.move(entry), url=elsewhere.url)
        assert_abort(result, "reconfigure_successful")
        assert entry.data[CONF_TOKEN] == "a-new-token"

    async def test_an_address_that_is_wrong_can_be_mended(
        self, dialogs: Dialogs, new_entry: MockConfigEntry, elsewhere: ScriptedServer
    ) -> None:
        result = await dialogs.submit(await dialogs.move(new_entry), url=NOBODY)
        assert_form(result, "reconfigure", base="cannot_connect")
        assert shown(result) == {CONF_URL: NOBODY}
        assert_abort(await dialogs.submit(result, url=elsewhere.url), "reconfigure_successful")

    async def test_no_other_server_is_taken_for_it(self, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        async with ScriptedServer(server_id="another") as other:
            result = await dialogs.submit(await dialogs.move(new_entry), url=other.url)
            assert_abort(result, "wrong_server")
            assert not other.of(STATUS), "it is sent no token"


class TestQuietHours:
    async def test_there_are_none_at_first(self, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        result = await dialogs.options(new_entry)
        assert_form(result, "init")
        assert shown(result) == {CONF_QUIET_START: None, CONF_QUIET_END: None}

    async def test_they_hold_at_once(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, entry: MockConfigEntry
    ) -> None:
        asked = len(server.of(STATUS))
        night = {CONF_QUIET_START: "22:00:00", CONF_QUIET_END: "07:00:00"}
        result = await dialogs.submit_options(await dialogs.options(entry), **night)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert entry.options == night
        await hass.async_block_till_done()
        assert len(server.of(STATUS)) == asked + 1, "the entry was set up again"
        assert shown(await dialogs.options(entry)) == night

    async def test_and_are_taken_back(self, hass: HomeAssistant, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        hass.config_entries.async_update_entry(
            new_entry, options={CONF_QUIET_START: "22:00:00", CONF_QUIET_END: "07:00:00"}
        )
        await dialogs.submit_options(await dialogs.options(new_entry))
        assert new_entry.options == {}

    @pytest.mark.parametrize(
        ("typed", "errors"),
        [
            ({CONF_QUIET_START: "22:00:00"}, {CONF_QUIET_END: "quiet_half"}),
            ({CONF_QUIET_END: "07:00:00"}, {CONF_QUIET_START: "quiet_half"}),
            ({CONF_QUIET_START: "22:00:00", CONF_QUIET_END: "22:00:00"}, {CONF_QUIET_END: "quiet_empty"}),
        ],
    )
    async def test_two_times_are_needed(
        self, dialogs: Dialogs, new_entry: MockConfigEntry, typed: dict[str, str], errors: dict[str, str]
    ) -> None:
        result = await dialogs.submit_options(await dialogs.options(new_entry), **typed)
        assert_form(result, "init", **errors)
        assert {key: value for key, value in shown(result).items() if value} == typed
        result = await dialogs.submit_options(result, quiet_start="22:00:00", quiet_end="07:00:00")
        assert result["type"] is FlowResultType.CREATE_ENTRY
