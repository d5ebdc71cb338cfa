"""A user who speaks to the agent, and what Home Assistant keeps of it."""

from __future__ import annotations

import json
from typing import Any

from homeassistant.components import conversation
from homeassistant.components.conversation import ConversationResult, async_get_chat_log
from homeassistant.components.conversation.chat_log import ChatLog
from homeassistant.core import Context, HomeAssistant

from tests.integration.household import House
from tests.integration.sessions import open_session

AGENT = "conversation.sotto"


class Talk:
    """A user who speaks to the agent; `deltas` is what the pipeline gets to speak, as it comes."""

    def __init__(self, hass: HomeAssistant, house: House) -> None:
        self._hass = hass
        self._house = house
        self.conversation_id: str | None = None
        self.deltas: list[dict[str, Any]] = []
        self.transcript: list[str] = []
        """What was said and done, a line each."""

    async def say(
        self, text: str, *, at: str | None = None, language: str = "en", told: str | None = None
    ) -> ConversationResult:
        """Say something in the same conversation as before."""
        device = None if at is None else self._house.device(at)
        with (
            open_session(self._hass, self.conversation_id) as session,
            async_get_chat_log(self._hass, session, chat_log_delta_listener=self._take),
        ):
            result = await conversation.async_converse(
                self._hass,
                text,
                session.conversation_id,
                Context(),
                language=language,
                agent_id=AGENT,
                device_id=device,
                satellite_id=at,
                extra_system_prompt=told,
            )
            self._note(session.conversation_id)
        self.conversation_id = result.conversation_id
        return result

    @property
    def streamed(self) -> str:
        """The words that were streamed."""
        return "".join(delta.get("content") or "" for delta in self.deltas if delta.get("role") != "tool_result")

    def _note(self, conversation_id: str) -> None:
        """Note what the chat log has of the turn."""
        with open_session(self._hass, conversation_id) as session, async_get_chat_log(self._hass, session) as log:
            last = max(index for index, each in enumerate(log.content) if each.role == "user")
            self.transcript += [line for each in log.content[last:] for line in lines_of(each)]

    def _take(self, _: ChatLog, delta: dict[str, Any]) -> None:
        self.deltas.append(delta)


def lines_of(content: conversation.Content) -> list[str]:
    """Return what a chat log has, in lines that read like a play; ids and times are not in it."""
    if isinstance(content, conversation.ToolResultContent):
        return [f"   result  {'ERROR ' if content.result.error else ''}{_short(content.result.data)}"]
    said = [f"{content.role:>9}  {content.content}"] if content.content else []
    calls = content.tool_calls or () if isinstance(content, conversation.AssistantContent) else ()
    return said + [f"     call  {call.tool_name}({_short(call.tool_args)})" for call in calls]


def _short(data: Any) -> str:
    """Return what was called with, or what came of it: who succeeded and who failed."""
    if isinstance(data, dict) and "response_type" in data:
        told = data.get("data") or {}
        names = {key: [each["name"] for each in told.get(key, ())] for key in ("success", "failed")}
        return f"{data['response_type']} {json.dumps(names, ensure_ascii=False)}"
    return json.dumps(data, ensure_ascii=False)
