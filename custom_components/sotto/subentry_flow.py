"""Adding and changing agents: conversation agents, and AI tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import SOURCE_USER, ConfigSubentryData, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_LLM_HASS_API, CONF_NAME, CONF_PROMPT
from homeassistant.helpers import llm
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TemplateSelector,
    TextSelector,
)
from homeassistant.helpers.typing import VolDictType
import probatio

from .const import (
    CONF_CONFIRM,
    CONF_MAX_TOKENS,
    CONF_PREFILL,
    CONF_RECOMMENDED,
    CONF_TEMPERATURE,
    DEFAULT_AI_TASK_NAME,
    DEFAULT_AI_TASK_TOKENS,
    DEFAULT_CONFIRM,
    DEFAULT_CONVERSATION_NAME,
    DEFAULT_MAX_TOKENS,
    DEFAULT_PREFILL,
    DEFAULT_TEMPERATURE,
    LEAST_TOKENS,
    MOST_TOKENS,
    SUBENTRY_AI_TASK,
    SUBENTRY_CONVERSATION,
    Confirm,
)

Options = dict[str, Any]

NEW_CONVERSATION: Mapping[str, Any] = {
    CONF_LLM_HASS_API: [llm.LLM_API_ASSIST],
    CONF_CONFIRM: DEFAULT_CONFIRM.value,
    CONF_RECOMMENDED: True,
}
NEW_AI_TASK: Mapping[str, Any] = {CONF_RECOMMENDED: True}


def first_subentries() -> list[ConfigSubentryData]:
    """Return the agents that a server has from the start."""
    made = (
        (SUBENTRY_CONVERSATION, DEFAULT_CONVERSATION_NAME, NEW_CONVERSATION),
        (SUBENTRY_AI_TASK, DEFAULT_AI_TASK_NAME, NEW_AI_TASK),
    )
    return [
        ConfigSubentryData(subentry_type=kind, title=title, data=dict(data), unique_id=None)
        for kind, title, data in made
    ]


class AgentSubentryFlow(ConfigSubentryFlow, ABC):
    """What both kinds share: first what matters, then, unless what is recommended will do, the rest.

    Of the rest nothing is kept while what is recommended holds, so that better defaults reach every agent. Nothing is
    asked of the server: it may be away.
    """

    default_name: str
    new: Mapping[str, Any]

    def __init__(self) -> None:
        """Nothing was said yet."""
        super().__init__()
        self._said: Options = {}

    @abstractmethod
    def first(self) -> VolDictType:
        """Return the fields of what matters."""

    @abstractmethod
    def rest(self) -> VolDictType:
        """Return the fields of the rest."""

    def known(self) -> Options:
        """Return what is said of the agent until now."""
        return dict(self.new if self.source == SOURCE_USER else self._get_reconfigure_subentry().data)

    async def async_step_user(self, user_input: Options | None = None) -> SubentryFlowResult:
        """Add an agent."""
        name = probatio.Required(CONF_NAME, default=self.default_name)
        return await self._async_step_first("user", user_input, {name: TextSelector()})

    async def async_step_reconfigure(self, user_input: Options | None = None) -> SubentryFlowResult:
        """Change an agent."""
        return await self._async_step_first("reconfigure", user_input, {})

    async def _async_step_first(
        self, step_id: str, user_input: Options | None, naming: VolDictType
    ) -> SubentryFlowResult:
        if user_input is None:
            recommended = probatio.Required(CONF_RECOMMENDED, default=True)
            fields = {**naming, **self.first(), recommended: BooleanSelector()}
            return self._form(step_id, fields)
        self._said = user_input
        return self._saved({}) if user_input[CONF_RECOMMENDED] else await self.async_step_advanced()

    async def async_step_advanced(self, user_input: Options | None = None) -> SubentryFlowResult:
        """Ask for the rest."""
        return self._form("advanced", self.rest()) if user_input is None else self._saved(user_input)

    def _form(self, step_id: str, fields: VolDictType) -> SubentryFlowResult:
        schema = self.add_suggested_values_to_schema(probatio.Schema(fields), self.known())
        return self.async_show_form(step_id=step_id, data_schema=schema)

    def _saved(self, rest: Options) -> SubentryFlowResult:
        data = {**self._said, **rest}
        if self.source == SOURCE_USER:
            return self.async_create_entry(title=data.pop(CONF_NAME), data=data)
        # The entry's listener starts it anew.
        return self.async_update_and_abort(self._get_entry(), self._get_reconfigure_subentry(), data=data)


class ConversationSubentryFlow(AgentSubentryFlow):
    """A conversation agent."""

    default_name = DEFAULT_CONVERSATION_NAME
    new = NEW_CONVERSATION

    @override
    def known(self) -> Options:
        """Leave out what is there no more: a form with it could not be sent."""
        known = super().known()
        there = {api.id for api in llm.async_get_apis(self.hass)}
        return {**known, CONF_LLM_HASS_API: [each for each in known.get(CONF_LLM_HASS_API, ()) if each in there]}

    @override
    def first(self) -> VolDictType:
        apis = [SelectOptionDict(label=api.name, value=api.id) for api in llm.async_get_apis(self.hass)]
        confirm = SelectSelectorConfig(
            options=[each.value for each in Confirm], translation_key=CONF_CONFIRM, mode=SelectSelectorMode.LIST
        )
        return {
            probatio.Optional(CONF_PROMPT): TemplateSelector(),
            probatio.Optional(CONF_LLM_HASS_API): SelectSelector(SelectSelectorConfig(options=apis, multiple=True)),
            probatio.Required(CONF_CONFIRM, default=DEFAULT_CONFIRM.value): SelectSelector(confirm),
        }

    @override
    def rest(self) -> VolDictType:
        prefill = probatio.Required(CONF_PREFILL, default=DEFAULT_PREFILL)
        return {**_generation(DEFAULT_MAX_TOKENS), prefill: BooleanSelector()}


class AITaskSubentryFlow(AgentSubentryFlow):
    """An AI task, by which automations have data made of words."""

    default_name = DEFAULT_AI_TASK_NAME
    new = NEW_AI_TASK

    @override
    def first(self) -> VolDictType:
        return {}

    @override
    def rest(self) -> VolDictType:
        return _generation(DEFAULT_AI_TASK_TOKENS)


def _generation(max_tokens: int) -> VolDictType:
    """Return the fields of how the model answers."""
    tokens = NumberSelectorConfig(min=LEAST_TOKENS, max=MOST_TOKENS, mode=NumberSelectorMode.BOX)
    temperature = NumberSelectorConfig(min=0, max=2, step=0.05, mode=NumberSelectorMode.SLIDER)
    return {
        probatio.Required(CONF_MAX_TOKENS, default=max_tokens): probatio.All(
            NumberSelector(tokens), probatio.Coerce(int)
        ),
        probatio.Required(CONF_TEMPERATURE, default=DEFAULT_TEMPERATURE): NumberSelector(temperature),
    }
