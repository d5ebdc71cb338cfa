"""What is wrong with a server for longer than a moment: issues that Home Assistant shows until they are mended.

A token that is refused is none of them: signing in again is an issue of Home Assistant's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.const import CONF_URL
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from .client import Info, Model, Status
from .const import API_VERSION, DOMAIN

UNREACHABLE_S = 15 * 60
"""After which it is no restart any more, and no update."""


class Issue(StrEnum):
    """An issue, by its translation key."""

    UNREACHABLE = "unreachable"
    SERVER_TOO_OLD = "server_too_old"
    SERVER_TOO_NEW = "server_too_new"
    NO_MODEL = "no_model"
    MODEL_FAILED = "model_failed"


_WARNINGS = {Issue.NO_MODEL}
"""A server without a model may be meant so."""

LEARN_MORE_URL = "https://github.com/sotto-voice/sotto/blob/main/docs/integration.md#when-something-is-wrong"

_AWAY: HassKey[dict[str, CALLBACK_TYPE]] = HassKey(f"{DOMAIN}_away")
"""By entry: what keeps the issue of a server from being made that has been away for a while, reloads included."""


def misfit_of(info: Info) -> Issue | None:
    """Return which of server and integration is too old for the other, if one is. Pure logic."""
    if info.api == API_VERSION:
        return None
    return Issue.SERVER_TOO_OLD if info.api < API_VERSION else Issue.SERVER_TOO_NEW


def judged(model: Model | None) -> Mapping[Issue, bool]:
    """Return what a status decides about the model: whether there is an issue, or is none any more. Pure logic.

    One that loads is left as it was judged before: it may be about to fail again.
    """
    if model is not None and model.state == "loading":
        return {Issue.NO_MODEL: False}
    return {Issue.NO_MODEL: model is None, Issue.MODEL_FAILED: model is not None and model.state == "failed"}


@dataclass(frozen=True, slots=True)
class Issues:
    """The issues of one entry's server."""

    hass: HomeAssistant
    entry: ConfigEntry

    @callback
    def away(self) -> None:
        """The server cannot be reached; if that lasts, it is an issue."""
        waiting = self.hass.data.setdefault(_AWAY, {})
        known = ir.async_get(self.hass).async_get_issue(DOMAIN, self._id(Issue.UNREACHABLE))
        if self.entry.entry_id in waiting or (known is not None and known.active):
            return

        @callback
        def lasted(_: datetime) -> None:
            del waiting[self.entry.entry_id]
            self._decide(Issue.UNREACHABLE, there=True)

        job = HassJob(lasted, "sotto-away", cancel_on_shutdown=True)
        waiting[self.entry.entry_id] = async_call_later(self.hass, UNREACHABLE_S, job)

    @callback
    def reached(self) -> None:
        """The server answers, if only that it wants another token."""
        if cancel := self.hass.data.get(_AWAY, {}).pop(self.entry.entry_id, None):
            cancel()
        self._decide(Issue.UNREACHABLE, there=False)

    @callback
    def introduced(self, info: Info) -> Issue | None:
        """The server tells which version it is; return why it and this integration do not fit, if so."""
        self.reached()
        misfit = misfit_of(info)
        for issue in (Issue.SERVER_TOO_OLD, Issue.SERVER_TOO_NEW):
            self._decide(issue, there=issue is misfit, version=info.version)
        return misfit

    @callback
    def told(self, status: Status) -> None:
        """The server tells how it is."""
        self.reached()
        model = status.model
        for issue, there in judged(model).items():
            self._decide(issue, there=there, **({"model": model.name, "detail": model.detail} if model else {}))

    @callback
    def forget(self) -> None:
        """The entry is gone, or is to rest."""
        self.reached()
        for issue in Issue:
            self._decide(issue, there=False)

    def _id(self, issue: Issue) -> str:
        return f"{issue}_{self.entry.entry_id}"

    def _decide(self, issue: Issue, *, there: bool, **placeholders: str) -> None:
        if not there:
            ir.async_delete_issue(self.hass, DOMAIN, self._id(issue))
            return
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            self._id(issue),
            data={"entry_id": self.entry.entry_id},
            is_fixable=issue is Issue.UNREACHABLE,
            is_persistent=False,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.WARNING if issue in _WARNINGS else ir.IssueSeverity.ERROR,
            translation_key=issue.value,
            translation_placeholders={"name": self.entry.title, "url": self.entry.data[CONF_URL], **placeholders},
        )


@callback
def forget_with_entries(hass: HomeAssistant) -> None:
    """Have the issues of an entry go when it is removed or disabled, also while its server cannot be reached."""

    @callback
    def changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN and (change is ConfigEntryChange.REMOVED or entry.disabled_by):
            Issues(hass, entry).forget()

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed)
