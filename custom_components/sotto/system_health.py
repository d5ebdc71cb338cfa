"""The servers in Home Assistant's system information: whether they can be reached, their versions and models.

People paste that into reports, so no name of an entry is in it: several servers stand in the order of their entries.
"""

from __future__ import annotations

import asyncio
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration, async_check_can_reach_url
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback
from yarl import URL

from .const import DOMAIN
from .coordinator import SottoConfigEntry
from .sensor import model_state_of


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Have the servers told of."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return a line for each thing; what takes time is a coroutine, which Home Assistant awaits."""
    entries: list[SottoConfigEntry] = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    if not entries:
        return {}
    told = [_told(entry) for entry in entries]
    return {
        "can_reach_server": _reach(hass, [entry.data[CONF_URL] for entry in entries]),
        "server_version": "; ".join(version for version, _, _ in told),
        "model": "; ".join(model for _, model, _ in told),
        "model_state": "; ".join(state for _, _, state in told),
    }


async def _reach(hass: HomeAssistant, urls: list[str]) -> str | dict[str, str]:
    """Return the one answer as Home Assistant translates it, or several in words."""
    checks = (async_check_can_reach_url(hass, str(URL(url) / "healthz")) for url in urls)
    answers = await asyncio.gather(*checks)
    if len(answers) == 1:
        return answers[0]
    return "; ".join(answer if isinstance(answer, str) else answer["error"] for answer in answers)


def _told(entry: SottoConfigEntry) -> tuple[str, str, str]:
    """Return version, model and its state, as far as they are known."""
    if entry.state is not ConfigEntryState.LOADED or not entry.runtime_data.last_update_success:
        return ("unknown",) * 3
    status = entry.runtime_data.data
    model = status.model.name if status.model else "none"
    return status.info.version, model, model_state_of(status) or "unknown"
