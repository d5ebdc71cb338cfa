"""AI tasks: text, or data of a given structure, made by the server's model of an automation's words and pictures.

A task is no conversation. The server's persona, the names of the home and its examples stay out of the prompt; what it
consists of is Home Assistant's own, and the answer is the model's own. The structure goes along as a JSON schema, from
which the server makes a grammar: an answer that is none of it cannot be written.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, NoReturn, override

from homeassistant.components.ai_task import AITaskEntity, AITaskEntityFeature, GenDataTask, GenDataTaskResult
from homeassistant.components.conversation import AssistantContent, Attachment, ChatLog, SystemContent
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import slugify
from homeassistant.util.json import json_loads_object
from probatio import Schema, to_openapi

from .asking import Asking
from .client import CannotConnectError, InvalidTokenError, RefusedError, SottoError
from .const import (
    CONF_MAX_TOKENS,
    CONF_TEMPERATURE,
    DEFAULT_AI_TASK_TOKENS,
    DEFAULT_TEMPERATURE,
    DOMAIN,
    MAX_ROUNDS,
    SUBENTRY_AI_TASK,
)
from .coordinator import SottoConfigEntry
from .deltas import Deltas
from .entity import SottoAgentEntity
from .images import MIME_TYPES, LargeImageError, UnreadableImageError, data_url_of
from .judging import risks_of
from .messages import functions_of, messages_of
from .search_tool import has_searched
from .sentences import Sentence, sentence_for

PARALLEL_UPDATES = 0

MOST_IMAGE_CHARS = 12 * 1024 * 1024
"""Of all pictures of a task as they are sent. The server takes 16 MB with all that is said about them."""

Json = dict[str, Any]

_KEYS = {
    Sentence.LOADING: "task_loading",
    Sentence.NO_MODEL: "task_no_model",
    Sentence.BUSY: "task_busy",
    Sentence.TOO_LONG: "task_too_long",
}


async def async_setup_entry(
    hass: HomeAssistant, entry: SottoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Make an entity of each AI task."""
    for subentry in entry.subentries.values():
        if subentry.subentry_type == SUBENTRY_AI_TASK:
            async_add_entities([SottoAITask(hass, entry, subentry)], config_subentry_id=subentry.subentry_id)


class SottoAITask(SottoAgentEntity, AITaskEntity):
    """Generates data. It takes pictures while the server's model sees."""

    def __init__(self, hass: HomeAssistant, entry: SottoConfigEntry, subentry: ConfigSubentry) -> None:
        """Take on what the subentry says, and what the server can do now."""
        super().__init__(entry, subentry)
        self._asking = Asking(hass, self.coordinator, subentry)
        self._attr_supported_features = self._features

    @property
    def _features(self) -> AITaskEntityFeature:
        sees = self.coordinator.data.vision
        return AITaskEntityFeature.GENERATE_DATA | (AITaskEntityFeature.SUPPORT_ATTACHMENTS if sees else 0)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._attr_supported_features = self._features
        super()._handle_coordinator_update()

    @override
    async def _async_generate_data(self, task: GenDataTask, chat_log: ChatLog) -> GenDataTaskResult:
        format_ = None if task.structure is None else _format(task.name, task.structure, chat_log.llm_api)
        pictures = await self._pictures(task.attachments or [])
        try:
            answer = await self._answer(chat_log, pictures, format_)
        except SottoError as err:
            raise self._error(err) from err
        data: Any = answer.text if task.structure is None else self._data(answer)
        return GenDataTaskResult(conversation_id=chat_log.conversation_id, data=data)

    async def _answer(self, chat_log: ChatLog, pictures: list[str], format_: Json | None) -> Deltas:
        """Return the last answer of the model, after it has called what it wanted to.

        With a JSON schema the server lets it call nothing, so the schema comes when it is done with the tools.
        """
        answer = None if chat_log.llm_api is None else await self._call_tools(chat_log, pictures)
        if answer is None or format_ is not None:
            answer = await self._ask(chat_log, pictures, {} if format_ is None else {"response_format": format_})
        chat_log.async_add_assistant_content_without_tools(AssistantContent(self.entity_id, answer.text))
        return answer

    async def _call_tools(self, chat_log: ChatLog, pictures: list[str]) -> Deltas:
        tools: Json = {"tools": functions_of(chat_log.llm_api)}
        for _ in range(MAX_ROUNDS):
            # What a document says must move nothing: once it was searched, the answer is words.
            is_last = has_searched(chat_log.content)
            answer = await self._ask(chat_log, pictures, {} if is_last else tools)
            if is_last or not answer.calls:
                return answer
            content = AssistantContent(self.entity_id, answer.text or None, tool_calls=answer.calls)
            refused = await self._refused(chat_log, answer.calls)
            async for _result in chat_log.async_add_assistant_content(content, tool_call_tasks=refused):
                pass
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="task_looped")

    async def _refused(self, chat_log: ChatLog, calls: list[llm.ToolInput]) -> dict[str, asyncio.Task[Any]]:
        """Return failures in place of the calls that a conversation would ask about: a task has nobody to ask."""
        refused: dict[str, asyncio.Task[Any]] = {}
        for call in calls:
            if chat_log.llm_api and any(risk.security for risk in await risks_of(self.hass, chat_log.llm_api, call)):
                refused[call.id] = self.hass.async_create_task(_refuse(), f"sotto-refused-{call.id}")
        return refused

    async def _ask(self, chat_log: ChatLog, pictures: list[str], more: Json) -> Deltas:
        """Return what the model says, and what it wants called. Raises SottoError."""
        body: Json = {
            "messages": _messages(chat_log, pictures),
            "max_completion_tokens": self._max_tokens,
            "temperature": float(self.subentry.data.get(CONF_TEMPERATURE, DEFAULT_TEMPERATURE)),
            **more,
        }
        answer = Deltas()
        async with aclosing(answer.of(self._asking.chat(body))) as deltas:
            async for _ in deltas:
                pass
        return answer

    @property
    def _max_tokens(self) -> int:
        return int(self.subentry.data.get(CONF_MAX_TOKENS, DEFAULT_AI_TASK_TOKENS))

    def _data(self, answer: Deltas) -> Any:
        """Return the data that an answer consists of. Raises HomeAssistantError."""
        try:
            return json_loads_object(answer.text)
        except ValueError as err:
            cut_short = answer.figures is not None and answer.figures.completion_tokens >= self._max_tokens
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="task_cut_short" if cut_short else "task_unreadable",
                translation_placeholders={"tokens": str(self._max_tokens)} if cut_short else None,
            ) from err

    async def _pictures(self, attachments: list[Attachment]) -> list[str]:
        """Return the pictures of a task as data URLs. Raises HomeAssistantError for what is none."""
        if attachments and not self.coordinator.data.vision:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="task_blind")
        for each in attachments:
            if each.mime_type not in MIME_TYPES:
                raise _about("task_attachment_type", each, type=each.mime_type)
        pictures = [await self._picture(each) for each in attachments]
        if sum(map(len, pictures)) > MOST_IMAGE_CHARS:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="task_images_too_large")
        return pictures

    async def _picture(self, attachment: Attachment) -> str:
        try:
            return await self.hass.async_add_executor_job(data_url_of, attachment.path)
        except UnreadableImageError as err:
            raise _about("task_image_unreadable", attachment) from err
        except LargeImageError as err:
            raise _about("task_image_too_large", attachment) from err

    def _error(self, err: SottoError) -> HomeAssistantError:
        """Return an error of the server as Home Assistant's, and see to what must be done about it."""
        if isinstance(err, InvalidTokenError):
            self.entry.async_start_reauth(self.hass)
            return HomeAssistantError(translation_domain=DOMAIN, translation_key="invalid_token")
        if isinstance(err, CannotConnectError):
            return HomeAssistantError(translation_domain=DOMAIN, translation_key="cannot_connect")
        key = _KEYS.get(sentence_for(err.code)) if isinstance(err, RefusedError) else None
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=key or "task_refused",
            translation_placeholders=None if key else {"message": str(err)},
        )


def _messages(chat_log: ChatLog, pictures: list[str]) -> list[Json]:
    """Return what Home Assistant says of the task, the task with its pictures, and what was called since."""
    system = [each.content for each in chat_log.content if isinstance(each, SystemContent) and each.content]
    messages = messages_of(chat_log.content)
    if pictures:
        task = next(message for message in messages if message["role"] == "user")
        shown = [{"type": "image_url", "image_url": {"url": picture}} for picture in pictures]
        task["content"] = [{"type": "text", "text": task["content"]}, *shown]
    return [{"role": "system", "content": text} for text in system] + messages


def _format(name: str, structure: Schema, api: llm.APIInstance | None) -> Json:
    serializer = llm.selector_serializer if api is None else api.custom_serializer
    schema = to_openapi(structure, custom_serializer=serializer, openapi_version="3.1.0")
    return {"type": "json_schema", "json_schema": {"name": slugify(name)[:64] or "task", "schema": schema}}


def _about(key: str, attachment: Attachment, **placeholders: str) -> HomeAssistantError:
    """Return an error about an attachment."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"media": attachment.media_content_id, **placeholders},
    )


async def _refuse() -> NoReturn:
    raise HomeAssistantError(translation_domain=DOMAIN, translation_key="task_needs_consent")
