"""A home is set up by the action `replay_home.load`, never by hand."""

from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from . import DOMAIN


class ReplayHomeFlow(ConfigFlow, domain=DOMAIN):
    """Takes the path of an inventory."""

    async def async_step_import(self, data: dict[str, Any]) -> ConfigFlowResult:
        """Make the entry."""
        return self.async_create_entry(title="Replay", data=data)
