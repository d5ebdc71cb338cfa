"""Asking somebody something on a satellite, and knowing which of the possible answers they gave."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NoReturn

from homeassistant.components.assist_satellite import (
    DOMAIN as SATELLITE_DOMAIN,
    AssistSatelliteEntityFeature,
    SatelliteBusyError,
)
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .answers import Choice, Match, completion, decision, match
from .client import SottoClient, SottoError, Text
from .const import DOMAIN, LOGGER
from .satellites import can, is_available, is_engaged, name_of, until_free
from .speaking import FREE_WITHIN_S
from .speaking_order import Rank, SpeakingOrder

DECIDED_WITHIN_S = 30.0
"""So long the model may take to decide between choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and what may be answered."""

    text: str
    choices: tuple[Choice, ...] = ()
    """None: any answer will do."""
    limit_s: float = 60
    """From the first word of the question to the end of the answer."""
    preannounce: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    text: str
    choice: Match | None
    """None: no choice was meant, or there were none."""
    satellite: str
    """Entity id."""

    def as_response(self) -> dict[str, Any]:
        """Return it as an automation reads it."""
        return {
            "answer": self.text,
            "choice": self.choice.id if self.choice else None,
            "slots": self.choice.slots if self.choice else {},
            "satellite": self.satellite,
        }


@callback
def async_satellite_to_ask(hass: HomeAssistant, satellites: Sequence[str], *, anywhere: bool) -> str:
    """Return the one to ask: it is there, and if possible nobody speaks with it. Raises HomeAssistantError.

    `anywhere` says that no place was named: then there must be only one.
    """
    able = [each for each in satellites if can(hass, each, AssistSatelliteEntityFeature.START_CONVERSATION)]
    if not able:
        raise _failure("ask_unsupported", hass, satellites, ServiceValidationError)
    if anywhere and len(able) > 1:
        raise _failure("ask_where", hass, able, ServiceValidationError)
    there = [each for each in able if is_available(hass, each)]
    if not there:
        raise _failure("satellites_unavailable", hass, able)
    return min(there, key=lambda each: (is_engaged(hass, each), each))


def _failure(
    key: str, hass: HomeAssistant, satellites: Sequence[str], kind: type[HomeAssistantError] = HomeAssistantError
) -> HomeAssistantError:
    names = ", ".join(name_of(hass, each) for each in satellites)
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders={"satellites": names})


async def ask(
    hass: HomeAssistant, order: SpeakingOrder, entity_id: str, question: Question, context: Context
) -> Answer:
    """Ask on a satellite. Raises HomeAssistantError if there is no answer, or nobody can tell which choice it is."""
    text = await _spoken_answer(hass, order, entity_id, question, context)
    if not question.choices:
        return Answer(text, None, entity_id)
    found = match(text, question.choices, hass.config.language)
    if found is None:
        found = await _decided(hass, question, text)
    return Answer(text, found, entity_id)


async def _spoken_answer(
    hass: HomeAssistant, order: SpeakingOrder, entity_id: str, question: Question, context: Context
) -> str:
    async with order.slot(entity_id, Rank.NORMAL) as slot:
        if not await until_free(hass, entity_id, FREE_WITHIN_S):
            raise _failure("satellites_busy", hass, [entity_id])
        try:
            async with slot.limited(question.limit_s):
                reply = await hass.services.async_call(
                    SATELLITE_DOMAIN,
                    "ask_question",
                    {ATTR_ENTITY_ID: entity_id, "question": question.text, "preannounce": question.preannounce},
                    blocking=True,
                    context=context,
                    return_response=True,
                )
        except TimeoutError as err:
            raise _failure("ask_cut_short" if slot.was_cut_short else "ask_no_answer", hass, [entity_id]) from err
        except SatelliteBusyError as err:
            raise _failure("satellites_busy", hass, [entity_id]) from err
        except Exception as err:  # noqa: BLE001 - the integration of a satellite may raise anything
            _tell(hass, entity_id, err)
    text = str((reply or {}).get("sentence") or "").strip()
    if not text:
        raise _failure("ask_no_answer", hass, [entity_id])
    return text


def _tell(hass: HomeAssistant, entity_id: str, err: Exception) -> NoReturn:
    """Raise what is told of an error of a satellite."""
    # Until 2026.10 Home Assistant had no key for it.
    if getattr(err, "translation_key", None) == "no_answer" or str(err).startswith("No answer"):
        raise _failure("ask_no_answer", hass, [entity_id]) from err
    LOGGER.debug("%s could not ask", entity_id, exc_info=err)
    raise HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="ask_failed",
        translation_placeholders={"satellites": name_of(hass, entity_id), "error": str(err) or type(err).__name__},
    ) from err


async def _decided(hass: HomeAssistant, question: Question, answer: str) -> Match | None:
    """Return the choice that the model understands an answer as, None for none of them."""
    client = _client(hass)
    try:
        async with asyncio.timeout(DECIDED_WITHIN_S):
            written = await _written(client, completion(question.text, answer, question.choices))
        chosen = decision(written, question.choices)
    except (SottoError, TimeoutError, ValueError) as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="ask_undecided",
            translation_placeholders={"error": str(err) or type(err).__name__},
        ) from err
    return None if chosen is None else Match(chosen)


async def _written(client: SottoClient, body: dict[str, Any]) -> str:
    async with aclosing(client.chat(body)) as events:
        return "".join([event.text async for event in events if isinstance(event, Text)])


@callback
def _client(hass: HomeAssistant) -> SottoClient:
    """Return a server that can decide, one that has a model if there is one."""
    servers = [entry.runtime_data for entry in hass.config_entries.async_loaded_entries(DOMAIN)]
    if not servers:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="ask_no_server")
    servers.sort(key=lambda server: not (server.last_update_success and server.data.model is not None))
    client: SottoClient = servers[0].client
    return client
