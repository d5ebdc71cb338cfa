"""The conversation agent: Home Assistant's chat log, answered by the server as it writes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from time import monotonic
from typing import Any, Literal, override

from homeassistant.components import conversation
from homeassistant.components.conversation import (
    AssistantContent,
    AssistantContentDeltaDict,
    ChatLog,
    ConversationInput,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_LLM_HASS_API, CONF_PROMPT, MATCH_ALL
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent, llm
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .asking import Asking
from .client import CannotConnectError, Figures, InvalidTokenError, RefusedError, SottoError, Source
from .confirmation import Confirmations, Confirmed
from .const import (
    CONF_CONFIRM,
    CONF_PREFILL,
    DEFAULT_CONFIRM,
    DEFAULT_PREFILL,
    DOMAIN,
    LOGGER,
    MAX_ROUNDS,
    SUBENTRY_CONVERSATION,
    Confirm,
)
from .coordinator import SottoConfigEntry
from .deltas import Deltas
from .entity import SottoAgentEntity
from .messages import functions_of, has_acted, messages_of
from .preparing import Preparing
from .references import async_refer
from .sentences import Sentence, say, sentence_for
from .turn import Outcome, Turn, turn_signal

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: SottoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Make an entity of each agent."""
    for subentry in entry.subentries.values():
        if subentry.subentry_type == SUBENTRY_CONVERSATION:
            async_add_entities([SottoConversation(hass, entry, subentry)], config_subentry_id=subentry.subentry_id)


class SottoConversation(SottoAgentEntity, conversation.ConversationEntity, conversation.AbstractConversationAgent):
    """An agent that streams its answers, and has Home Assistant call the tools."""

    _attr_supports_streaming = True

    def __init__(self, hass: HomeAssistant, entry: SottoConfigEntry, subentry: ConfigSubentry) -> None:
        """Take on what the subentry says."""
        super().__init__(entry, subentry)
        self._asking = Asking(hass, self.coordinator, subentry)
        self._preparing = Preparing(hass, entry, subentry, self._asking)
        self._confirmations = Confirmations(hass, Confirm(subentry.data.get(CONF_CONFIRM, DEFAULT_CONFIRM)))
        if subentry.data.get(CONF_LLM_HASS_API):
            self._attr_supported_features = conversation.ConversationEntityFeature.CONTROL

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        """The model decides what it understands."""
        return MATCH_ALL

    @override
    async def async_added_to_hass(self) -> None:
        """Be found by the entry, and have the prompt evaluated before the first question."""
        await super().async_added_to_hass()
        conversation.async_set_agent(self.hass, self.entry, self)
        if self.subentry.data.get(CONF_PREFILL, DEFAULT_PREFILL):
            self.async_on_remove(self._preparing.start())

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Be found no more."""
        conversation.async_unset_agent(self.hass, self.entry)
        await super().async_will_remove_from_hass()

    @override
    async def async_prepare(self, language: str | None = None) -> None:
        """Have the prompt evaluated while the user speaks: Home Assistant calls this when speech recognition starts."""
        if self.subentry.data.get(CONF_PREFILL, DEFAULT_PREFILL):
            await self._preparing.prepare(language)

    @override
    async def _async_handle_message(
        self, user_input: ConversationInput, chat_log: ChatLog
    ) -> conversation.ConversationResult:
        try:
            await chat_log.async_provide_llm_data(
                user_input.as_llm_context(DOMAIN),
                self.subentry.data.get(CONF_LLM_HASS_API),
                self.subentry.data.get(CONF_PROMPT),
                user_input.extra_system_prompt,
            )
        except conversation.ConverseError as err:
            return err.as_conversation_result()
        answering = Answering(self, self._asking, self._confirmations, user_input, chat_log)
        await answering.run()
        self._preparing.remember(chat_log)
        result = conversation.async_get_result_from_chat_log(user_input, chat_log)
        if answering.error is not None:
            _as_error(result.response)
        async_refer(self.hass, result.response, answering.sources, user_input)
        async_dispatcher_send(self.hass, turn_signal(self.entry), answering.told())
        return result


class Answering:
    """One turn: rounds of asking the model and calling tools, until there is an answer."""

    def __init__(
        self,
        agent: SottoConversation,
        asking: Asking,
        confirmations: Confirmations,
        user_input: ConversationInput,
        chat_log: ChatLog,
    ) -> None:
        """Answer what was said last in the chat log, which has its LLM API already."""
        self._agent = agent
        self._asking = asking
        self._confirmations = confirmations
        self._user_input = user_input
        self._chat_log = chat_log
        self._language = user_input.language
        self._context = user_input.as_llm_context(DOMAIN)
        self._started = monotonic()
        self._first_text: float | None = None
        self._asked = False
        self._ignored = False
        self._tools = 0
        self._rounds = 0
        self._figures: Figures | None = None
        self._body: Mapping[str, Any] = {}
        self.error: str | None = None
        """Code of what went wrong, None if nothing did."""
        self.sources: tuple[Source, ...] = ()
        """Documents that the answer is from."""

    async def run(self) -> None:
        """Add the answer to the chat log, tools called. Whatever goes wrong with the server becomes a sentence."""
        reply = self._confirmations.answered(self._chat_log, self._user_input.text, self._language)
        if isinstance(reply, Confirmed):
            await self._add(self._calling(reply.calls))
        elif reply is not None:
            await self._add(self._saying(reply.text))
            return
        while self._rounds < MAX_ROUNDS and self._is_wanted:
            self._rounds += 1
            known = len(self._chat_log.content)
            await self._add(self._answer())
            if len(self._chat_log.content) == known:
                self._fall_silent()
        if self._chat_log.unresponded_tool_results:
            self.error = "looped"
            await self._add(self._saying(say(Sentence.LOOPED, self._language)))

    def _fall_silent(self) -> None:
        """Answer without words. Where nothing is added, Home Assistant raises an error, and logs what the user said."""
        self._ignored = not self._tools
        self._chat_log.async_add_assistant_content_without_tools(AssistantContent(self._agent.entity_id))

    @property
    def _is_wanted(self) -> bool:
        return self._rounds == 0 or (self.error is None and self._chat_log.unresponded_tool_results)

    def told(self) -> Turn:
        """Return what is told of the turn."""
        first = self._first_text
        spoken = Outcome.ASKED if self._asked else Outcome.IGNORED if self._ignored else Outcome.ANSWERED
        outcome = Outcome.ACTED if self._tools else spoken
        return Turn(
            agent=self._agent.entity_id,
            outcome=Outcome.FAILED if self.error else outcome,
            language=self._language,
            error=self.error,
            tools=self._tools,
            rounds=self._rounds,
            first_text_s=None if first is None else round(first - self._started, 3),
            total_s=round(monotonic() - self._started, 3),
            figures=self._figures,
        )

    async def _add(self, deltas: AsyncGenerator[AssistantContentDeltaDict]) -> None:
        async with aclosing(deltas):
            async for _ in self._chat_log.async_add_delta_content_stream(self._agent.entity_id, deltas):
                pass

    async def _answer(self) -> AsyncGenerator[AssistantContentDeltaDict]:
        """Yield one answer of the model; the calls last, or in their place what must be confirmed first."""
        answer = Deltas()
        try:
            async with aclosing(answer.of(self._asking.chat(await self._request()))) as deltas:
                async for delta in deltas:
                    self._first_text = self._first_text or monotonic()
                    yield delta
            if answer.calls and self._chat_log.llm_api is None:
                raise RefusedError("unexpected-call", "The server calls tools that this agent does not have.")
        except (SottoError, HomeAssistantError) as err:
            sentence = self._failed(err, begun=bool(answer.text))
            for delta in _more(sentence, answer.text):
                yield delta
            return
        self._figures = answer.figures
        self.sources = answer.sources
        question = await self._confirmations.question_about(answer.calls, self._chat_log, self._language)
        if question is not None:
            self._asked = True
            for delta in _more(question, answer.text):
                yield delta
        elif answer.calls:
            async for delta in self._calling(answer.calls, begun=bool(answer.text)):
                yield delta

    async def _request(self) -> dict[str, Any]:
        """Return what the server is asked: in each round of a turn the same, but for what was said and called since."""
        log = self._chat_log
        self._body = self._body or await self._asking.body(
            self._context,
            functions_of(log.llm_api),
            conversation_id=log.conversation_id,
            told=log.extra_system_prompt,
        )
        return {**self._body, "messages": messages_of(log.content)}

    async def _calling(
        self, calls: list[llm.ToolInput], *, begun: bool = False
    ) -> AsyncGenerator[AssistantContentDeltaDict]:
        self._tools += len(calls)
        yield {"tool_calls": calls} if begun else {"role": "assistant", "tool_calls": calls}

    async def _saying(self, text: str) -> AsyncGenerator[AssistantContentDeltaDict]:
        yield {"role": "assistant", "content": text}

    def _failed(self, err: Exception, *, begun: bool) -> str:
        """Return what is said of an error, and see to what must be done about it. The coordinator logs what lasts."""
        LOGGER.debug("A turn failed: %s", err)
        self.error, sentence = _told_of(err, begun=begun)
        if isinstance(err, InvalidTokenError):
            self._agent.entry.async_start_reauth(self._agent.hass)
        if has_acted(self._chat_log.content, self._chat_log.llm_api):
            sentence = Sentence.ACTED
        return say(sentence, self._language)


def _told_of(err: Exception, *, begun: bool) -> tuple[str, Sentence]:
    """Return the code of an error, and what is said of it; `begun`: something of the answer was said already."""
    if isinstance(err, RefusedError):
        return err.code, sentence_for(err.code)
    if isinstance(err, InvalidTokenError):
        return "invalid_token", Sentence.SIGNED_OUT
    if isinstance(err, CannotConnectError):
        return "cannot_connect", Sentence.BROKE_OFF if begun else Sentence.UNREACHABLE
    return "failed", Sentence.FAILED


def _more(sentence: str, before: str) -> list[AssistantContentDeltaDict]:
    """Return a sentence as the end of an answer, or as all of it."""
    if not before:
        return [{"role": "assistant", "content": sentence}]
    return [{"content": sentence if before[-1].isspace() else f" {sentence}"}]


@callback
def _as_error(response: intent.IntentResponse) -> None:
    """Make a response one of failure, with the same words: automations can tell."""
    said = response.speech.get("plain", {}).get("speech", "")
    response.async_set_error(intent.IntentResponseErrorCode.FAILED_TO_HANDLE, said)
