"""Where an answer is from, for whoever reads it. It names its source in words already, so nothing here is spoken.

Home Assistant has one text of an answer, which is shown and spoken. The agent is not told which; but of every run of an
assistant it is recorded whether its end is speech, and a sentence that is typed in the dashboard is such a run.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from collections.abc import Sequence
import re

from homeassistant.components.assist_pipeline.pipeline import KEY_ASSIST_PIPELINE, PipelineEvent, PipelineEventType
from homeassistant.components.conversation import ConversationInput
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import intent

from .client import Source
from .sentences import is_chinese

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~])")


@callback
def async_refer(
    hass: HomeAssistant, response: intent.IntentResponse, sources: Sequence[Source], asked: ConversationInput
) -> None:
    """Say on a response where it is from: on its card, for automations, and below the text if that is only read."""
    if not sources:
        return
    response.async_set_card("出处" if is_chinese(asked.language) else "Sources", "\n".join(_lines(sources, asked)))
    if async_is_typed(hass, asked):
        said = response.speech.get("plain", {}).get("speech", "")
        response.async_set_speech(f"{said}\n\n{reference(sources, asked.language)}")


def reference(sources: Sequence[Source], language: str) -> str:
    """Return the line below an answer, in Markdown: "— Dishwasher manual, page 12"."""
    chinese = is_chinese(language)
    named = (_MARKDOWN.sub(r"\\\1", _named(source, chinese=chinese)) for source in sources)
    return ("——" if chinese else "— ") + ("；" if chinese else "; ").join(named)


def _lines(sources: Sequence[Source], asked: ConversationInput) -> list[str]:
    return [_named(source, chinese=is_chinese(asked.language)) for source in sources]


def _named(source: Source, *, chinese: bool) -> str:
    if source.page is None:
        return source.title
    return f"{source.title}，第{source.page}页" if chinese else f"{source.title}, page {source.page}"


@callback
def async_is_typed(hass: HomeAssistant, asked: ConversationInput) -> bool:
    """Whether a sentence was typed to an assistant, and its answer will be read: nothing speaks it."""
    if asked.device_id is not None or asked.satellite_id is not None or KEY_ASSIST_PIPELINE not in hass.data:
        return False
    recorded = hass.data[KEY_ASSIST_PIPELINE].pipeline_debug.values()
    mine = [run.events for runs in recorded for run in runs.values() if _asks(run.events, asked)]
    return bool(mine) and not any(_speaks(events) for events in mine)


def _asks(events: Sequence[PipelineEvent], asked: ConversationInput) -> bool:
    """Whether a run waits for the answer to this sentence."""
    if any(event.type in {PipelineEventType.INTENT_END, PipelineEventType.RUN_END} for event in events):
        return False
    begun = next((event.data or {} for event in events if event.type == PipelineEventType.INTENT_START), {})
    return bool(begun) and begun["intent_input"] == asked.text


def _speaks(events: Sequence[PipelineEvent]) -> bool:
    return any(event.type == PipelineEventType.RUN_START and "tts_output" in (event.data or {}) for event in events)
