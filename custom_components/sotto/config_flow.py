"""Adding a server, letting us in again, and moving it: by address, or as the network or the Supervisor announces it.

A server gives its token out once after a start (docs/http.md, pairing), so that one that was discovered is added by one
click. It is asked for the token when somebody clicks, never at discovery.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_HOST, CONF_ID, CONF_PORT, CONF_TOKEN, CONF_URL
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import probatio

from .address import completed, is_encrypted, url_of
from .client import CannotConnectError, Info, SottoError
from .const import DOMAIN, SUBENTRY_AI_TASK, SUBENTRY_CONVERSATION, SUBENTRY_DOCUMENTS
from .documents_flow import DocumentsFlow
from .joining import accepted_token, checked_info, told, where_it_is
from .options_flow import SottoOptionsFlow
from .subentry_flow import AITaskSubentryFlow, ConversationSubentryFlow, first_subentries

# Not of the type "url": a host alone is enough, and a browser would not let that through.
_URL_SCHEMA = probatio.Schema({probatio.Required(CONF_URL): TextSelector()})
_TOKEN_SCHEMA = probatio.Schema(
    {probatio.Optional(CONF_TOKEN): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))}
)


class SottoConfigFlow(ConfigFlow, domain=DOMAIN):
    """From an address, or an announcement, to an entry with the token that the server wants."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._urls: list[str] = []
        self._url = ""
        self._title = ""
        self._token = ""
        self._placeholders: dict[str, str] = {}

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the kinds of agents that a server can have, and its documents, of which no subentry comes."""
        return {
            SUBENTRY_CONVERSATION: ConversationSubentryFlow,
            SUBENTRY_AI_TASK: AITaskSubentryFlow,
            SUBENTRY_DOCUMENTS: DocumentsFlow,
        }

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return what is asked for all agents of a server together."""
        return SottoOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address."""
        return await self._async_step_address("user", user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the server is now; the token stays as long as it is taken."""
        self._token = self._get_reconfigure_entry().data.get(CONF_TOKEN, "")
        return await self._async_step_address("reconfigure", user_input)

    async def _async_step_address(self, step_id: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._url = completed(user_input[CONF_URL])
                info = await checked_info(async_get_clientsession(self.hass), self._url)
            except ValueError:
                errors = {CONF_URL: "invalid_url"}
            except SottoError as err:
                errors = self._errors(err)
            else:
                await self.async_set_unique_id(info.id, raise_on_progress=False)
                return await self._async_authorise(info)
        shown = user_input or (self._get_reconfigure_entry().data if self.source == SOURCE_RECONFIGURE else {})
        schema = self.add_suggested_values_to_schema(_URL_SCHEMA, {CONF_URL: shown.get(CONF_URL)})
        return self.async_show_form(
            step_id=step_id, data_schema=schema, errors=errors, description_placeholders=self._placeholders
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Offer a server of the network, or see where one is now that is known."""
        server_id, port = discovery_info.properties.get(CONF_ID), discovery_info.port
        if not server_id or not port:
            return self.async_abort(reason="not_sotto")
        # The first is the one that Home Assistant prefers, but a bridge of containers may be among them.
        addresses = dict.fromkeys((discovery_info.ip_address, *discovery_info.ip_addresses))
        self._urls = [url_of(address, port) for address in addresses]
        entry = await self.async_set_unique_id(server_id)
        moved = await self._async_moved(entry) if entry else {}
        self._abort_if_unique_id_configured(updates=moved, reload_on_update=False)  # the entry's listener does that
        return await self._async_offered(discovery_info.name.removesuffix(f".{discovery_info.type}"))

    @override
    async def async_step_hassio(self, discovery_info: HassioServiceInfo) -> ConfigFlowResult:
        """Offer the app of this machine; where it is and which token it has, the Supervisor knows best."""
        config = discovery_info.config
        if not config.get(CONF_ID) or not config.get(CONF_HOST) or not config.get(CONF_PORT):
            return self.async_abort(reason="not_sotto")
        self._urls = [url_of(config[CONF_HOST], config[CONF_PORT])]
        self._token = config.get(CONF_TOKEN) or ""
        await self.async_set_unique_id(config[CONF_ID])
        known = {CONF_URL: self._urls[0], CONF_TOKEN: self._token}
        self._abort_if_unique_id_configured(updates=known, reload_on_update=False)  # the entry's listener does that
        return await self._async_offered(discovery_info.name)

    async def _async_offered(self, name: str) -> ConfigFlowResult:
        self._title = name
        self._placeholders = {"name": name}
        self.context["title_placeholders"] = {"name": name}
        return await self.async_step_discovery_confirm()

    async def async_step_discovery_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add what was discovered when somebody clicks."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                return await self._async_authorise(await self._async_found())
            except SottoError as err:
                errors = self._errors(err)
        return self.async_show_form(
            step_id="discovery_confirm", errors=errors, description_placeholders=self._placeholders
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to ask for another token, since the server does not take the one that we have."""
        self._url = entry_data[CONF_URL]
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take another token for a server that is known."""
        return await self._async_step_token("reauth_confirm", user_input)

    async def async_step_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the token of a server that does not give it out by itself."""
        return await self._async_step_token("token", user_input)

    async def _async_authorise(self, info: Info) -> ConfigFlowResult:
        """Go on, without asking where the token is known, given out, or not needed."""
        self._abort_if_unique_id_mismatch(reason="wrong_server")
        if self.source != SOURCE_RECONFIGURE:
            self._abort_if_unique_id_configured()
        self._title = self._title or info.name
        self._placeholders = {**self._placeholders, "name": self._title}
        if self._token or info.pairing or not info.token_needed:
            return await self.async_step_token({CONF_TOKEN: self._token})
        return await self.async_step_token()

    async def _async_step_token(self, step_id: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            session = async_get_clientsession(self.hass)
            try:
                # Asked anew: it may be pairing only since `sotto pair` was said there.
                info = await checked_info(session, self._url)
                if info.id != self.unique_id:
                    return self.async_abort(reason="wrong_server")
                typed = user_input.get(CONF_TOKEN, "").strip()
                return self._finished(await accepted_token(session, self._url, info, typed))
            except SottoError as err:
                errors = self._errors(err)
        return self.async_show_form(
            step_id=step_id, data_schema=_TOKEN_SCHEMA, errors=errors, description_placeholders=self._placeholders
        )

    def _finished(self, token: str) -> ConfigFlowResult:
        data = {CONF_URL: self._url, CONF_TOKEN: token}
        if self.source == SOURCE_REAUTH:
            return self._updated(self._get_reauth_entry(), data)
        if self.source == SOURCE_RECONFIGURE:
            return self._updated(self._get_reconfigure_entry(), data)
        return self.async_create_entry(title=self._title, data=data, subentries=first_subentries())

    def _updated(self, entry: ConfigEntry, data: dict[str, str]) -> ConfigFlowResult:
        """Save, and start the entry anew: its listener does that only if it is loaded and something has changed."""
        listened_to = bool(entry.update_listeners) and entry.data != data
        result = self.async_update_and_abort(entry, data=data)
        if not listened_to:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return result

    async def _async_found(self) -> Info:
        """Return what the discovered server tells, at the first of its addresses where it is. Raises SottoError."""
        session = async_get_clientsession(self.hass)
        url = await where_it_is(session, self._urls, self.unique_id or "")
        if url is None:
            raise CannotConnectError("The server is at none of its addresses.")
        self._url = url
        return await checked_info(session, url)

    async def _async_moved(self, entry: ConfigEntry) -> dict[str, str]:
        """Return where a known server is now, if it has left its address.

        Anybody in the network can announce its id: while it is where it was, nobody else is sent the token.
        """
        known, session, server_id = entry.data.get(CONF_URL), async_get_clientsession(self.hass), entry.unique_id or ""
        if known is None or known in self._urls or is_encrypted(known):
            return {}
        url = await where_it_is(session, [known, *self._urls], server_id)
        return {CONF_URL: url} if url else {}

    def _errors(self, err: SottoError) -> dict[str, str]:
        """Return an error as a form shows it, and keep what stands in its text."""
        key, placeholders = told(err)
        self._placeholders = {**self._placeholders, **placeholders}
        return {"base": key}
