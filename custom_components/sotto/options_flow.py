"""What holds for all agents of a server: when a household wants to hear nothing that can wait."""

from __future__ import annotations

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import TimeSelector
import probatio

from .const import CONF_QUIET_END, CONF_QUIET_START

_SCHEMA = probatio.Schema(
    {probatio.Optional(CONF_QUIET_START): TimeSelector(), probatio.Optional(CONF_QUIET_END): TimeSelector()}
)


class SottoOptionsFlow(OptionsFlow):
    """Asks for quiet hours. Not one with reload: the entry has a listener, which new agents need too."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take both times, or none."""
        errors: dict[str, str] = {}
        if user_input is not None:
            start, end = user_input.get(CONF_QUIET_START), user_input.get(CONF_QUIET_END)
            if start is None and end is None:
                return self.async_create_entry(data={})
            if start is None or end is None:
                errors = {CONF_QUIET_START if start is None else CONF_QUIET_END: "quiet_half"}
            elif start == end:
                errors = {CONF_QUIET_END: "quiet_empty"}
            else:
                return self.async_create_entry(data=user_input)
        shown = self.config_entry.options if user_input is None else user_input
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(_SCHEMA, shown), errors=errors
        )
