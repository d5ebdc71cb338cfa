"""Speaking on one satellite: when it is its turn and nobody talks to it, and what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from homeassistant.components import tts
from homeassistant.components.assist_pipeline import Pipeline, async_get_pipelines
from homeassistant.components.assist_pipeline.pipeline import async_get_pipeline
from homeassistant.components.assist_satellite import (
    DOMAIN as SATELLITE_DOMAIN,
    AssistSatelliteEntityFeature,
    SatelliteBusyError,
)
from homeassistant.components.tts.const import DATA_COMPONENT as TTS_COMPONENT
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.language import matches

from .const import DOMAIN, LOGGER
from .held import Announcement
from .satellites import can, is_available, until_free
from .speaking_order import Rank, SpeakingOrder

FREE_WITHIN_S = 60.0
"""So long an announcement waits for the end of a conversation."""
TRIES = 3
"""Of an announcement that something outside of Sotto comes before."""


class Result(StrEnum):
    """What became of an announcement on a satellite."""

    SPOKEN = "spoken"
    HELD = "held"
    """It is spoken when quiet hours end."""
    DROPPED = "dropped"
    """It was not worth a sound in quiet hours."""
    FAILED = "failed"


class Reason(StrEnum):
    """Why an announcement failed."""

    UNAVAILABLE = "unavailable"
    UNSUPPORTED = "unsupported"
    BUSY = "busy"
    TIMEOUT = "timeout"
    """The satellite never said that it had spoken."""
    ERROR = "error"

    @property
    def may_pass(self) -> bool:
        """Whether trying again later is worth it."""
        return self in {Reason.UNAVAILABLE, Reason.BUSY}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an announcement on a satellite, and why."""

    result: Result
    reason: Reason | None = None
    error: str | None = None
    """What the satellite's integration says of an error."""
    until: datetime | None = None
    """When the quiet hours end for which it was held or dropped."""

    def as_response(self) -> dict[str, Any]:
        """Return it as an automation reads it."""
        told = {
            "result": self.result.value,
            "reason": self.reason.value if self.reason else None,
            "error": self.error,
            "until": self.until.isoformat() if self.until else None,
        }
        return {key: value for key, value in told.items() if value is not None}


def failed(reason: Reason, error: str | None = None) -> Outcome:
    """Return the outcome of a failure."""
    return Outcome(Result.FAILED, reason, error)


def time_limit_s(message: str) -> float:
    """Return how long speaking a message may take: twice what the slowest voice needs, chime and start included."""
    return 30 + 0.5 * len(message)


class Speaking:
    """Has satellites speak, one thing at a time on each."""

    def __init__(self, hass: HomeAssistant, order: SpeakingOrder) -> None:
        """Take turns with all that has the same `order`."""
        self._hass = hass
        self._order = order

    async def speak(self, entity_id: str, announcement: Announcement, rank: Rank, context: Context) -> Outcome:
        """Speak, and return what became of it. What is urgent ends conversations and questions, and waits for none."""
        if not is_available(self._hass, entity_id):
            return failed(Reason.UNAVAILABLE)
        if not can(self._hass, entity_id, AssistSatelliteEntityFeature.ANNOUNCE):
            return failed(Reason.UNSUPPORTED)
        async with self._order.slot(entity_id, rank):
            try:
                return await self._announce(entity_id, announcement, rank, context)
            except TimeoutError:
                return failed(Reason.TIMEOUT)
            except Exception as err:  # noqa: BLE001 - any integration's: the other satellites are served all the same
                LOGGER.debug("%s could not announce", entity_id, exc_info=err)
                return failed(Reason.ERROR, str(err) or type(err).__name__)

    async def _announce(self, entity_id: str, announcement: Announcement, rank: Rank, context: Context) -> Outcome:
        data = self._data(announcement)
        for attempt in range(TRIES):
            waits = attempt > 0 or rank is not Rank.URGENT
            if waits and not await until_free(self._hass, entity_id, FREE_WITHIN_S):
                break
            if not is_available(self._hass, entity_id):  # Home Assistant would pass over it, and say nothing.
                return failed(Reason.UNAVAILABLE)
            try:
                async with asyncio.timeout(time_limit_s(announcement.message)):
                    await self._hass.services.async_call(
                        SATELLITE_DOMAIN,
                        "announce",
                        {ATTR_ENTITY_ID: entity_id, **data},
                        blocking=True,
                        context=context,
                    )
            except SatelliteBusyError:
                continue
            return Outcome(Result.SPOKEN)
        return failed(Reason.BUSY)

    def _data(self, announcement: Announcement) -> dict[str, Any]:
        data = {"message": announcement.message, "preannounce": announcement.preannounce}
        if announcement.language is None:
            return data
        return {**data, "media_id": _media_id(self._hass, announcement.message, announcement.language)}


def _media_id(hass: HomeAssistant, message: str, language: str) -> str:
    pipeline, spoken = voice_of(hass, language)
    voice = pipeline.tts_voice if spoken == pipeline.tts_language else None
    options = {tts.ATTR_VOICE: voice} if voice else {}
    return tts.generate_media_source_id(hass, message, engine=pipeline.tts_engine, language=spoken, options=options)


@callback
def voice_of(hass: HomeAssistant, language: str) -> tuple[Pipeline, str]:
    """Return an assistant that speaks a language, and which variant of that; else raise ServiceValidationError.

    An assistant of that language comes first: it has the voice that the household chose.
    """
    preferred = async_get_pipeline(hass)
    pipelines = [preferred, *async_get_pipelines(hass)]
    chosen = [(each, [each.tts_language]) for each in pipelines if each.tts_language]
    able = [(each, engine.supported_languages) for each in pipelines if (engine := _engine_of(hass, each))]
    for pipeline, languages in (*chosen, *able):
        if found := matches(language, languages):
            return pipeline, found[0]
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="language_not_spoken",
        translation_placeholders={"language": language},
    )


def _engine_of(hass: HomeAssistant, pipeline: Pipeline) -> tts.TextToSpeechEntity | None:
    return hass.data[TTS_COMPONENT].get_entity(pipeline.tts_engine) if pipeline.tts_engine else None
