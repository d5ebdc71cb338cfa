"""Giving a server documents, and taking them away: in the dashboard, where its agents are.

Nothing of them is kept in Home Assistant: what the server has may be changed elsewhere too.
"""

from __future__ import annotations

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.selector import (
    FileSelector,
    FileSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import probatio

from .client import CannotConnectError, SottoError
from .coordinator import SottoConfigEntry
from .document_errors import told
from .document_files import pieces_of, uploaded
from .documents import Document, Documents

CONF_FILE = "file"
CONF_DOCUMENTS = "documents"
ACCEPTED = ".pdf,.docx,.html,.htm,.md,.markdown,.txt,.csv,.tsv,.yaml,.yml"

_ADD_SCHEMA = probatio.Schema({probatio.Required(CONF_FILE): FileSelector(FileSelectorConfig(accept=ACCEPTED))})


class DocumentsFlow(ConfigSubentryFlow):
    """Adds a file, or removes documents; a subentry never comes of it."""

    _taking: asyncio.Task[Document]

    def __init__(self) -> None:
        """Nothing was chosen yet."""
        super().__init__()
        self._errors: dict[str, str] = {}
        self._placeholders: dict[str, str] = {}

    @property
    def _documents(self) -> Documents:
        entry: SottoConfigEntry = self._get_entry()
        return Documents(entry.runtime_data.client)

    async def async_step_user(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what is to be done."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="server_not_loaded")
        return self.async_show_menu(step_id="user", menu_options=["add", "remove"])

    async def async_step_add(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a file."""
        if user_input is not None:
            self._errors = {}
            self._taking = self.hass.async_create_task(self._take(user_input[CONF_FILE]), "sotto-document")
            return await self.async_step_taking()
        return self.async_show_form(
            step_id="add", data_schema=_ADD_SCHEMA, errors=self._errors, description_placeholders=self._placeholders
        )

    async def _take(self, file_id: str) -> Document:
        async with uploaded(self.hass, file_id) as path:
            return await self._documents.add(path.name, pieces_of(self.hass, path))

    async def async_step_taking(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Wait while the server reads the file."""
        if not self._taking.done():
            return self.async_show_progress(step_id="taking", progress_action="reading", progress_task=self._taking)
        return self.async_show_progress_done(next_step_id="taken")

    async def async_step_taken(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Tell what became of the file; ask for another one if it cannot be read."""
        try:
            document = self._taking.result()
        except ValueError:
            self._errors = {CONF_FILE: "file_gone"}
            return await self.async_step_add()
        except SottoError as err:
            key, self._placeholders = told(err)
            self._errors = {"base": key}
            return await self.async_step_add()
        return self.async_abort(
            reason="partly_added" if document.warnings else "added",
            description_placeholders={"title": document.title, "warnings": " ".join(document.warnings)},
        )

    async def async_step_remove(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask which documents are to go, and have them forgotten."""
        try:
            if user_input is not None and (chosen := user_input[CONF_DOCUMENTS]):
                for document_id in chosen:
                    await self._documents.remove(document_id)
                return self.async_abort(reason="removed")
            documents = [each for each in await self._documents.all() if not each.is_watched]
        except CannotConnectError:
            return self.async_abort(reason="cannot_connect")
        except SottoError as err:
            return self.async_abort(reason="document_refused", description_placeholders={"message": str(err)})
        if not documents:
            return self.async_abort(reason="no_documents")
        options = [
            SelectOptionDict(value=each.document_id, label=f"{each.title} ({each.name})")
            for each in sorted(documents, key=lambda each: each.title.casefold())
        ]
        selector = SelectSelector(SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.LIST))
        return self.async_show_form(
            step_id="remove",
            data_schema=probatio.Schema({probatio.Required(CONF_DOCUMENTS): selector}),
            errors=None if user_input is None else {CONF_DOCUMENTS: "none_chosen"},
        )
