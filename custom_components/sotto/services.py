"""The actions of Sotto: announcing something in a household, and asking somebody something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError
from homeassistant.components.assist_satellite import AssistSatelliteEntityFeature
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.target import TargetSelection
import probatio

from .announcing import DATA_ANNOUNCER, Announcer, Priority
from .answers import YES_OR_NO, Choice
from .asking_aloud import Question, ask, async_satellite_to_ask
from .const import DOMAIN
from .fields import words
from .held import Announcement
from .satellites import async_permitted, async_satellites, name_of
from .speaking import Outcome, Reason, Result, voice_of

ATTR_MESSAGE = "message"
ATTR_PRIORITY = "priority"
ATTR_PREANNOUNCE = "preannounce"
ATTR_LANGUAGE = "language"
ATTR_QUESTION = "question"
ATTR_CHOICES = "choices"
ATTR_YES_NO = "yes_no"
ATTR_TIMEOUT = "timeout_s"

_FAILURES: Mapping[Reason | None, str] = {
    Reason.UNAVAILABLE: "satellites_unavailable",
    Reason.BUSY: "satellites_busy",
    Reason.UNSUPPORTED: "announce_unsupported",
    Reason.TIMEOUT: "announce_timeout",
}


def _sentence(value: Any) -> str:
    """Validate a sentence template; one without words would fit every answer."""
    sentence = words(value)
    try:
        parse_sentence(sentence)
    except ParseError as err:
        raise probatio.Invalid(f"it is no sentence template: {err}") from err
    return sentence


_CHOICE = probatio.Schema(
    {
        probatio.Required("id"): words,
        probatio.Optional("sentences"): probatio.All(cv.ensure_list, probatio.Length(min=1), [_sentence]),
    }
)


def _choice(value: Any) -> Choice:
    """Validate a choice: an id with sentences, or words that are both."""
    fields = _CHOICE(value if isinstance(value, Mapping) else {"id": words(value)})
    return Choice(fields["id"], tuple(fields.get("sentences") or [_sentence(fields["id"])]))


def _choices(value: Any) -> tuple[Choice, ...]:
    """Validate that choices can be told apart."""
    choices = tuple(_choice(each) for each in cv.ensure_list(value))
    if len({choice.id for choice in choices}) < len(choices):
        raise probatio.Invalid("two choices have the same id")
    return choices


ANNOUNCE_SCHEMA = probatio.Schema(
    {
        probatio.Required(ATTR_MESSAGE): words,
        probatio.Optional(ATTR_PRIORITY, default=Priority.NORMAL.value): probatio.Coerce(Priority),
        probatio.Optional(ATTR_PREANNOUNCE, default=True): cv.boolean,
        probatio.Optional(ATTR_LANGUAGE): cv.string,
        **cv.ENTITY_SERVICE_FIELDS,
    }
)

ASK_SCHEMA = probatio.Schema(
    {
        probatio.Required(ATTR_QUESTION): words,
        probatio.Exclusive(ATTR_CHOICES, "choices"): _choices,
        probatio.Exclusive(ATTR_YES_NO, "choices"): cv.boolean,
        probatio.Optional(ATTR_TIMEOUT, default=60): probatio.All(
            probatio.Coerce(float), probatio.Range(min=5, max=600)
        ),
        probatio.Optional(ATTR_PREANNOUNCE, default=True): cv.boolean,
        **cv.ENTITY_SERVICE_FIELDS,
    }
)


async def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, and go on with announcements that wait."""
    announcer = hass.data[DATA_ANNOUNCER] = Announcer(hass)
    await announcer.async_load()
    hass.services.async_register(
        DOMAIN, "announce", _announce, schema=ANNOUNCE_SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )
    hass.services.async_register(DOMAIN, "ask", _ask, schema=ASK_SCHEMA, supports_response=SupportsResponse.ONLY)


async def _announce(call: ServiceCall) -> ServiceResponse:
    hass, data = call.hass, call.data
    satellites = async_satellites(hass, data, AssistSatelliteEntityFeature.ANNOUNCE)
    await async_permitted(hass, call.context, satellites)
    if ATTR_LANGUAGE in data:
        voice_of(hass, data[ATTR_LANGUAGE])
    announcement = Announcement(
        message=data[ATTR_MESSAGE], preannounce=data[ATTR_PREANNOUNCE], language=data.get(ATTR_LANGUAGE)
    )
    outcomes = await hass.data[DATA_ANNOUNCER].announce(announcement, satellites, data[ATTR_PRIORITY], call.context)
    raise_if_all_failed(hass, outcomes)
    return {"satellites": {entity_id: outcome.as_response() for entity_id, outcome in outcomes.items()}}


def raise_if_all_failed(hass: HomeAssistant, outcomes: Mapping[str, Outcome]) -> None:
    """Raise HomeAssistantError if no satellite has spoken, or will."""
    if any(outcome.result is not Result.FAILED for outcome in outcomes.values()):
        return
    reasons = {outcome.reason for outcome in outcomes.values()}
    errors = sorted({outcome.error or str(outcome.reason) for outcome in outcomes.values()})
    raise HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=_FAILURES.get(reasons.pop(), "announce_failed") if len(reasons) == 1 else "announce_failed",
        translation_placeholders={
            "satellites": ", ".join(name_of(hass, entity_id) for entity_id in outcomes),
            "error": "; ".join(errors),
        },
    )


async def _ask(call: ServiceCall) -> ServiceResponse:
    hass, data = call.hass, call.data
    satellites = async_satellites(hass, data, AssistSatelliteEntityFeature.START_CONVERSATION)
    await async_permitted(hass, call.context, satellites)
    entity_id = async_satellite_to_ask(hass, satellites, anywhere=not TargetSelection(data).has_any_target)
    question = Question(
        text=data[ATTR_QUESTION],
        choices=YES_OR_NO if data.get(ATTR_YES_NO) else data.get(ATTR_CHOICES, ()),
        limit_s=data[ATTR_TIMEOUT],
        preannounce=data[ATTR_PREANNOUNCE],
    )
    return (await ask(hass, hass.data[DATA_ANNOUNCER].order, entity_id, question, call.context)).as_response()
