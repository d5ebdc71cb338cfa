"""Sees that whatever the integration shows while a test runs has its words: flows, exceptions, issues, entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from homeassistant.components.repairs import RepairsFlow
from homeassistant.config_entries import ConfigFlow, ConfigSubentryFlow, OptionsFlow
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowHandler
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from custom_components.sotto.const import DOMAIN
from tests.integration.package import placeholders_of, read_json

LANGUAGES = {language: read_json(f"translations/{language}.json") for language in ("en", "zh-Hans")}
OF_FORMS = {"title", "description"}


class Untranslated(Exception):  # noqa: N818 - it names what is wrong
    """Something has no words, or not all of them."""


class Shown:
    """What was shown, and what is wrong with it."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.wrong: list[str] = []

    def text(self, path: tuple[str, ...], given: Mapping[str, Any] | None) -> None:
        """Look at a text that is shown; a missing title or description of a form is none."""
        for language, strings in LANGUAGES.items():
            found: Any = strings
            for key in path:
                found = found.get(key) if isinstance(found, Mapping) else None
            if isinstance(found, str):
                missing = placeholders_of(found) - set(given or ())
                if missing:
                    self.wrong.append(f"{language}: {'.'.join(path)} wants {sorted(missing)}")
            elif path[-1] not in OF_FORMS:
                self.wrong.append(f"{language}: {'.'.join(path)} is not there")

    def flow(self, handler: FlowHandler[Any, Any, Any], result: Mapping[str, Any]) -> None:
        """Look at what a flow shows."""
        flow = _path_of(handler)
        if flow is None or result.get("translation_domain") not in {None, DOMAIN}:
            return
        given = result.get("description_placeholders")
        if "reason" in result:
            self.text((*flow, "abort", result["reason"]), given)
            return
        step = (*flow, "step", str(result.get("step_id") or handler.cur_step))
        for part in OF_FORMS:
            self.text((*step, part), given)
        schema = result.get("data_schema")
        for field in schema.schema if schema is not None else ():
            self.text((*step, "data", str(field)), given)
            self.text((*step, "data_description", str(field)), given)
        for error in (result.get("errors") or {}).values():
            self.text((*flow, "error", error), given)

    def exception(self, error: HomeAssistantError) -> None:
        """Look at an exception of ours."""
        if error.translation_domain == DOMAIN:
            self.text(("exceptions", str(error.translation_key), "message"), error.translation_placeholders)

    def issues(self, hass: HomeAssistant) -> None:
        """Look at the issues that are there."""
        for (domain, _), issue in ir.async_get(hass).issues.items():
            if domain == DOMAIN and issue.active:
                self.text(("issues", str(issue.translation_key), "title"), issue.translation_placeholders)

    def entities(self, hass: HomeAssistant) -> None:
        """Look at the entities' names, and at the words for what an enumeration may be."""
        for entry in er.async_get(hass).entities.values():
            if entry.platform != DOMAIN or entry.translation_key is None:
                continue
            entity = ("entity", entry.domain, entry.translation_key)
            self.text((*entity, "name"), None)
            for option in (entry.capabilities or {}).get("options", ()):
                self.text((*entity, "state", option), None)
            for kind in (entry.capabilities or {}).get("event_types", ()):
                self.text((*entity, "state_attributes", "event_type", "state", kind), None)


def _path_of(handler: FlowHandler[Any, Any, Any]) -> tuple[str, ...] | None:
    """Return where the words of a flow are; None for one of another integration."""
    if not type(handler).__module__.startswith(f"custom_components.{DOMAIN}."):
        return None
    match handler:
        case ConfigFlow():
            return ("config",)
        case ConfigSubentryFlow():
            return ("config_subentries", handler._subentry_type)
        case OptionsFlow():
            return ("options",)
        case RepairsFlow():
            return ("issues", handler.issue_id.rpartition("_")[0], "fix_flow")
        case _:
            return None


@contextmanager
def all_is_translated(hass: HomeAssistant) -> Iterator[None]:
    """Raise Untranslated at the end for what was shown without its words."""
    shown = Shown()
    made, showed, ended = HomeAssistantError.__init__, FlowHandler.async_show_form, FlowHandler.async_abort

    def make(self: HomeAssistantError, *args: object, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        shown.exception(self)

    def show(self: FlowHandler[Any, Any, Any], **kwargs: Any) -> Any:
        result = showed(self, **kwargs)
        shown.flow(self, result)
        return result

    def end(self: FlowHandler[Any, Any, Any], **kwargs: Any) -> Any:
        result = ended(self, **kwargs)
        shown.flow(self, result)
        return result

    with (
        patch.object(HomeAssistantError, "__init__", make),
        patch.object(FlowHandler, "async_show_form", show),
        patch.object(FlowHandler, "async_abort", end),
    ):
        yield
    shown.issues(hass)
    shown.entities(hass)
    if shown.wrong:
        raise Untranslated("; ".join(dict.fromkeys(shown.wrong)))
