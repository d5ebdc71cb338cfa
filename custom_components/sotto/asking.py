"""What the server is asked: the body of a completion, and telling it of the home first where it does not know it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_LLM_HASS_API, CONF_PROMPT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm, template
from homeassistant.util import dt as dt_util

from .client import Event, RefusedError
from .const import CONF_MAX_TOKENS, CONF_TEMPERATURE, DEFAULT_MAX_TOKENS, DEFAULT_TEMPERATURE
from .coordinator import SottoCoordinator
from .home import async_snapshot, states_in

Json = dict[str, Any]


def apis_of(subentry: ConfigSubentry) -> list[str]:
    """Return the ids of the LLM APIs that an agent may use."""
    apis = subentry.data.get(CONF_LLM_HASS_API) or []
    return [apis] if isinstance(apis, str) else list(apis)


async def instructions_of(hass: HomeAssistant, subentry: ConfigSubentry, context: llm.LLMContext) -> str:
    """Return what the household wants of an agent, and what APIs beside Assist want to be known.

    Assist's own prompt is left out: the server writes a shorter one from the home's names. Raises TemplateError.
    """
    others = [api_id for api_id in apis_of(subentry) if api_id != llm.LLM_API_ASSIST]
    told = [(await llm.async_get_api(hass, api_id, context)).api_prompt for api_id in others]
    parts = (await _rendered(hass, subentry.data.get(CONF_PROMPT) or "", context), *told)
    return "\n".join(part.strip() for part in parts if part.strip())


async def _rendered(hass: HomeAssistant, prompt: str, context: llm.LLMContext) -> str:
    """Return the household's instructions, with the variables that Home Assistant gives a prompt."""
    user_id = context.context.user_id if context.context else None
    user = await hass.auth.async_get_user(user_id) if prompt and user_id else None
    variables = {
        "ha_name": hass.config.location_name,
        "user_name": user.name if user else None,
        "llm_context": context,
    }
    return str(template.Template(prompt, hass).async_render(variables, parse_result=False)) if prompt else ""


class Asking:
    """Asks one server for one agent."""

    def __init__(self, hass: HomeAssistant, coordinator: SottoCoordinator, subentry: ConfigSubentry) -> None:
        """Ask with what the subentry says."""
        self._hass = hass
        self._coordinator = coordinator
        self._subentry = subentry

    async def chat(self, body: Mapping[str, Any]) -> AsyncGenerator[Event]:
        """Yield the answer. A server that has forgotten the home is told of it again, once. Raises SottoError."""
        await self._coordinator.async_reached()
        for retried in (False, True):
            try:
                async with aclosing(self._coordinator.client.chat(await self._with_home(body))) as events:
                    async for event in events:
                        yield event
            except RefusedError as err:
                if retried or not err.is_unknown_home:
                    raise
                self._coordinator.home_hash = None
            else:
                return

    async def prefill(self, body: Mapping[str, Any]) -> int:
        """Have what is known of the next turn evaluated; return how many tokens that took. Raises SottoError."""
        return await self._coordinator.client.prefill(await self._with_home(body))

    async def body(
        self,
        context: llm.LLMContext,
        tools: list[Json],
        *,
        conversation_id: str | None = None,
        told: str | None = None,
    ) -> Json:
        """Return the body of a completion but for its messages; `told` is what holds for this conversation only.

        Raises TemplateError.
        """
        prompt: Json = {
            "instructions": await instructions_of(self._hass, self._subentry, context),
            "now": dt_util.now().isoformat(timespec="seconds"),
        }
        if conversation_id is not None:
            prompt["conversation"] = conversation_id
        if told:
            prompt["context"] = told
        sotto: Json = {"prompt": prompt, "language": context.language or self._hass.config.language}
        if context.device_id is not None:
            sotto["device"] = context.device_id
        options = self._subentry.data
        return {
            **({"tools": tools} if tools else {}),
            "max_completion_tokens": int(options.get(CONF_MAX_TOKENS, DEFAULT_MAX_TOKENS)),
            "temperature": float(options.get(CONF_TEMPERATURE, DEFAULT_TEMPERATURE)),
            "sotto": sotto,
        }

    async def _with_home(self, body: Mapping[str, Any]) -> Json:
        """Return the body with the home and its states, and tell the server of it if its naming has changed."""
        if llm.LLM_API_ASSIST not in apis_of(self._subentry):
            return dict(body)
        snapshot = async_snapshot(self._hass)
        home = await self._coordinator.async_home(snapshot)
        prompt = {**body["sotto"]["prompt"], "states": states_in(snapshot)}
        return {**body, "sotto": {**body["sotto"], "home": home, "prompt": prompt}}
