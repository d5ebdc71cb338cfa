"""What helps to find a fault and is nobody's secret: of all texts only those that are known to be harmless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import re
from typing import Any

from homeassistant.components.diagnostics import REDACTED
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import CONF_LLM_HASS_API, CONF_PROMPT, CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.loader import async_get_loaded_integration
from yarl import URL

from .client import RefusedError, Status
from .const import CONF_CONFIRM, DOMAIN
from .coordinator import SottoConfigEntry, SottoCoordinator
from .home import async_snapshot

_TOLD = {CONF_CONFIRM, CONF_LLM_HASS_API, "detail", "engine", "model", "state", "version"}
"""Texts under these keys are told. What a later version adds is not, until it is named here."""

_HOME_FOLDER = re.compile(r"(/home/|/Users/)[^/\s]+")


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: SottoConfigEntry) -> dict[str, Any]:
    """Return how an entry, its agents and its server are; also of an entry that could not be set up."""
    return {
        "integration_version": async_get_loaded_integration(hass, DOMAIN).version,
        "entry": {
            "state": entry.state.value,
            "reason": entry.error_reason_translation_key,
            "version": f"{entry.version}.{entry.minor_version}",
            "data": _without_texts(entry.data) | {CONF_URL: _url(entry.data[CONF_URL])},
            "options": _without_texts(entry.options),
        },
        "subentries": [_subentry(subentry) for subentry in entry.subentries.values()],
        "server": _server(entry.runtime_data) if entry.state is ConfigEntryState.LOADED else None,
        "home": _home(hass),
    }


def _subentry(subentry: ConfigSubentry) -> dict[str, Any]:
    return {
        "type": subentry.subentry_type,
        "data": _without_texts(subentry.data),
        "prompt_chars": len(subentry.data.get(CONF_PROMPT) or ""),
    }


def _server(coordinator: SottoCoordinator) -> dict[str, Any]:
    errors = list(_causes(coordinator.last_exception))
    return {
        "reachable": coordinator.last_update_success,
        "following": coordinator.following,
        "knows_the_home": coordinator.home_hash is not None,
        "last_error": [type(err).__name__ for err in errors],
        "last_error_code": next((err.code for err in errors if isinstance(err, RefusedError)), None),
        "status": _status(coordinator.data),
    }


def _causes(err: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it. Their texts may name hosts, their types do not."""
    while err is not None:
        yield err
        err = err.__cause__


def _status(status: Status) -> dict[str, Any]:
    told: dict[str, Any] = _without_texts(status.raw)
    if status.model is not None and told["model"].get("engine") != "llama_cpp":
        # Of an endpoint the detail is its host.
        told["model"]["detail"] = REDACTED
    return told


@callback
def _home(hass: HomeAssistant) -> dict[str, int]:
    """Return how much there is of what a server would be told."""
    return {what: len(all_of_it) for what, all_of_it in async_snapshot(hass).items()}


def _url(url: str) -> str:
    """Return how a server is reached, but not where."""
    parts = URL(url)
    return f"{parts.scheme}://{REDACTED}:{parts.port}"


def _without_texts(value: Any, key: str | None = None) -> Any:
    """Return numbers, flags and structure as they are, and of the texts those that are told."""
    if isinstance(value, Mapping):
        return {name: _without_texts(each, name) for name, each in value.items()}
    if isinstance(value, str):
        return _HOME_FOLDER.sub(rf"\1{REDACTED}", value) if key in _TOLD or not value else REDACTED
    if isinstance(value, Sequence):
        return [_without_texts(each, key) for each in value]
    return value
