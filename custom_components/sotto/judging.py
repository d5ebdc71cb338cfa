"""What a model's call would do to this home, found out in the way in which Home Assistant will when it executes it.

An intent's targets are matched with the constraints and preferences of `DynamicServiceIntentHandler.async_handle`
(`homeassistant/helpers/intent.py`), so that what is judged is what will be moved: by alias, by area, by device class,
or everything of a kind. Where that fails, the call will fail too, and there is nothing to judge.

A timer may carry a sentence that Home Assistant carries out later, without asking anybody. It is read here by the same
agent that will read it then. One that starts an automation is risky, and so is one of which a part was not understood:
in English that agent has a second way to read it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from homeassistant.components.conversation import ConversationInput
from homeassistant.components.conversation.agent_manager import async_get_agent
from homeassistant.components.conversation.default_agent import DefaultAgent
from homeassistant.components.script import DOMAIN as SCRIPT_DOMAIN
from homeassistant.components.todo import DOMAIN as TODO_DOMAIN
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.helpers import entity_registry as er, intent, llm
import probatio

from .risk import Deed, Risk, Way, is_guarded, risks_of_moving, says_risky, way_of
from .things import async_thing, async_things_in_steps_of
from .tool_arguments import called_with, told_to

type Slots = dict[str, dict[str, Any]]

DEEPEST = 3
"""Sentences that start a timer with a sentence."""
_REMOVE_ITEM = "HassListRemoveItem"
_UNITS = ("hours", "minutes", "seconds")
_GUARDING_DOMAINS = ("lock", "alarm_control_panel", "cover", "valve")
_HARMLESS = frozenset({"media_player"})
"""Integrations whose tools, beside intents, are Assist's own and do no harm; by default they are marked as the least
safe."""


async def risks_of(hass: HomeAssistant, api: llm.APIInstance, call: llm.ToolInput) -> list[Risk]:
    """Return what is risky about a call; nothing if there is no such tool, or nothing that it would act on."""
    tool = next((tool for tool in api.tools if tool.name == call.tool_name), None)
    while isinstance(tool, llm.NamespacedTool):
        tool = tool.tool
    if tool is None:
        return []
    judge = _Judge(hass, api.llm_context)
    if not isinstance(tool, llm.IntentTool):
        return judge.of_tool(tool, call.tool_args)
    risks = await judge.of_intent(tool.intent_type, judge.slots(tool, call.tool_args))
    return risks if judge.is_assists_own(tool.intent_type) else [*risks, *judge.of_tool(tool, call.tool_args)]


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges the calls of one request."""

    hass: HomeAssistant
    context: llm.LLMContext

    @property
    def language(self) -> str:
        return self.context.language or self.hass.config.language

    def slots(self, tool: llm.IntentTool, args: dict[str, Any]) -> Slots:
        """Return an intent's slots, the room and the floor of the device among them, as `IntentTool` fills them."""
        slots: Slots = {key: {"value": value} for key, value in args.items() if not intent.is_blank_slot_value(value)}
        return {**slots, **self._preferred(tool.extra_slots or ())}

    def _preferred(self, wanted: Any) -> Slots:
        here = llm.async_get_match_preferences(self.hass, self.context)
        preferred = {"preferred_area_id": here.area_id, "preferred_floor_id": here.floor_id}
        return {key: {"value": value} for key, value in preferred.items() if value and key in wanted}

    def _handler(self, intent_type: str) -> intent.IntentHandler | None:
        return next((each for each in intent.async_get(self.hass) if each.intent_type == intent_type), None)

    def is_assists_own(self, intent_type: str) -> bool:
        """Whether an intent does what Home Assistant says that it does, and not what somebody wrote for it."""
        module = type(self._handler(intent_type)).__module__
        return module.startswith("homeassistant.") and not module.startswith("homeassistant.components.intent_script")

    async def of_intent(self, intent_type: str, slots: Slots, depth: int = 0) -> list[Risk]:
        handler = self._handler(intent_type)
        if handler is None:
            return []
        try:
            slots = handler.async_validate_slots(slots)
        except probatio.Invalid:
            return []
        if intent_type == intent.INTENT_START_TIMER:
            return await self._later(slots, depth)
        if intent_type == _REMOVE_ITEM:
            return self._removed(slots)
        way = way_of(intent_type, _value(slots, "position"))
        if way is None:
            return []
        things = [async_thing(self.hass, state, self.language) for state in self._matched(handler, slots)]
        return [risk for thing in things for risk in risks_of_moving(thing, way)]

    def _matched(self, handler: intent.IntentHandler, slots: Slots) -> list[State]:
        moving = handler if isinstance(handler, intent.DynamicServiceIntentHandler) else None
        name = _value(slots, "name")
        domains = set(_value(slots, "domain") or ()) or (moving.required_domains if moving else None)
        constraints = intent.MatchTargetsConstraints(
            name=None if name == "all" else name,
            area_name=_value(slots, "area"),
            floor_name=_value(slots, "floor"),
            domains=domains,
            device_classes=set(_value(slots, "device_class") or ()) or None,
            assistant=self.context.assistant,
            features=moving.required_features if moving else None,
            states=moving.required_states if moving else None,
        )
        if not constraints.has_constraints:
            return []
        preferences = intent.MatchTargetsPreferences(
            area_id=_value(slots, "preferred_area_id"), floor_id=_value(slots, "preferred_floor_id")
        )
        result = intent.async_match_targets(self.hass, constraints, preferences)
        return sorted(result.states, key=lambda state: state.entity_id) if result.is_match else []

    def _removed(self, slots: Slots) -> list[Risk]:
        constraints = intent.MatchTargetsConstraints(
            name=_value(slots, "name"), domains=[TODO_DOMAIN], assistant=self.context.assistant
        )
        lists = intent.async_match_targets(self.hass, constraints).states
        item = str(_value(slots, "item"))
        return [Risk(deed=Deed.REMOVE, name=item, of=state.name, security=False) for state in lists[:1]]

    async def _later(self, slots: Slots, depth: int) -> list[Risk]:
        sentence = str(_value(slots, "conversation_command") or "").strip()
        delay = {unit: int(count) for unit in _UNITS if (count := _value(slots, unit))}
        return [replace(risk, delay=delay) for risk in await self._of_sentence(sentence, depth + 1)] if sentence else []

    async def _of_sentence(self, sentence: str, depth: int) -> list[Risk]:
        whatever_it_means = [Risk(deed=Deed.SAY, name=sentence)]
        agent = async_get_agent(self.hass)
        if depth > DEEPEST or not isinstance(agent, DefaultAgent):
            return whatever_it_means
        said = ConversationInput(
            text=sentence,
            context=self.context.context or Context(),
            conversation_id=None,
            device_id=self.context.device_id,
            satellite_id=None,
            language=self.language,
            agent_id=agent.entity_id,
        )
        if await agent.async_recognize_sentence_trigger(said) is not None:
            return whatever_it_means
        read = await agent.async_recognize_intent(said)
        if read is None:
            return []
        if read.unmatched_entities or not self.is_assists_own(read.intent.name):
            return whatever_it_means
        slots: Slots = {each.name: {"value": each.value} for each in read.entities_list}
        return await self.of_intent(read.intent.name, {**slots, **self._preferred(("preferred_area_id",))}, depth)

    def of_tool(self, tool: llm.Tool, args: dict[str, Any]) -> list[Risk]:
        """Return what is risky about a tool that is none of Assist's own: by its annotations, words and arguments."""
        if tool.annotations.read_only or tool.integration in _HARMLESS:
            return []
        telling, others = told_to(args, self._guarded_by_name())
        script = self.hass.states.get(tool.name.replace("__", ".", 1)) if tool.integration == SCRIPT_DOMAIN else None
        if script is not None:
            risks = risks_of_moving(async_thing(self.hass, script, self.language), Way.ON)
            return [_told_of_a_door(risk, telling) for risk in risks] if telling else risks
        words = f"{tool.name} {tool.title or ''}"
        security = says_risky(words) or bool(telling) or self._has_guarded_steps(tool)
        if not security and not tool.annotations.destructive:
            return []
        title = tool.title or tool.name.rpartition("__")[2].replace("_", " ")
        return [Risk(deed=Deed.USE, name=called_with(title, [*telling, *others]), security=security)]

    def _guarded_by_name(self) -> dict[str, str]:
        """Return the names of what keeps people out, by all that a tool may call it: names, entity ids, devices."""
        entities, found = er.async_get(self.hass), dict[str, str]()
        for state in self.hass.states.async_all(_GUARDING_DOMAINS):
            thing = async_thing(self.hass, state, self.language)
            if is_guarded(thing):
                entry = entities.async_get(state.entity_id)
                ids = (state.entity_id, entry.device_id if entry else None)
                found |= {name.casefold(): name for name in (thing.name, *thing.aliases)}
                found |= {each: thing.name for each in ids if each}
        return found

    def _has_guarded_steps(self, tool: llm.Tool) -> bool:
        handler = self._handler(tool.intent_type) if isinstance(tool, llm.IntentTool) else None
        steps = () if handler is None else async_things_in_steps_of(self.hass, handler, self.language)
        return any(map(is_guarded, steps))


def _value(slots: Slots, name: str) -> Any:
    return slots.get(name, {}).get("value")


def _told_of_a_door(risk: Risk, telling: list[str]) -> Risk:
    """Return the risk of a script whose arguments name what keeps people out."""
    return replace(risk, name=called_with(risk.name, telling), security=True)
