"""What can be mended from the list of issues: the address of a server that has moved."""

from __future__ import annotations

from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import probatio

from .const import DOMAIN


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow for the one issue that is fixable: a server that cannot be reached."""
    return MovedFlow(str((data or {})["entry_id"]))


class MovedFlow(RepairsFlow):
    """Says what to look at, and leads to where the address is changed."""

    def __init__(self, entry_id: str) -> None:
        """For the entry of this id."""
        self._entry_id = entry_id

    async def async_step_init(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin. What comes with it is only which issue it is for."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Go on to the entry's own form. If that does not help either, the issue comes back."""
        if user_input is None:
            issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
            return self.async_show_form(
                step_id="confirm",
                data_schema=probatio.Schema({}),
                description_placeholders=issue.translation_placeholders if issue else None,
            )
        form = await self.hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": self._entry_id}
        )
        return self.async_create_entry(data={}, next_flow=(FlowType.CONFIG_FLOW, form["flow_id"]))
