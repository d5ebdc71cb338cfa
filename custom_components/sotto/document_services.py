"""The actions that are about documents: adding, removing, listing and searching those of a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from homeassistant.components import media_source
from homeassistant.const import ATTR_NAME, CONF_PATH
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import probatio

from .client import SottoError
from .const import DOMAIN
from .document_errors import as_error
from .document_files import pieces_of, pieces_of_text
from .documents import Document, Documents
from .fields import words

ATTR_CONFIG_ENTRY = "config_entry_id"
ATTR_TEXT = "text"
ATTR_MEDIA = "media"
ATTR_DOCUMENT = "document"
ATTR_QUERY = "query"
ATTR_LIMIT = "limit"

_SERVER = {probatio.Optional(ATTR_CONFIG_ENTRY): cv.string}


def _media(value: Any) -> str:
    """Validate what the selector of media gives, or the id alone."""
    return words(value["media_content_id"] if isinstance(value, dict) and "media_content_id" in value else value)


ADD_SCHEMA = probatio.All(
    probatio.Schema(
        {
            **_SERVER,
            probatio.Exclusive(CONF_PATH, "content"): words,
            probatio.Exclusive(ATTR_TEXT, "content"): words,
            probatio.Exclusive(ATTR_MEDIA, "content"): _media,
            probatio.Optional(ATTR_NAME): words,
        }
    ),
    cv.has_at_least_one_key(CONF_PATH, ATTR_TEXT, ATTR_MEDIA),
)
REMOVE_SCHEMA = probatio.Schema({**_SERVER, probatio.Required(ATTR_DOCUMENT): words})
LIST_SCHEMA = probatio.Schema(_SERVER)
SEARCH_SCHEMA = probatio.Schema(
    {
        **_SERVER,
        probatio.Required(ATTR_QUERY): words,
        probatio.Optional(ATTR_LIMIT, default=5): probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=20)),
    }
)


@callback
def async_setup_document_services(hass: HomeAssistant) -> None:
    """Register the actions. What changes documents, or reads files, is for administrators and automations."""
    async_register_admin_service(hass, DOMAIN, "add_document", _add, ADD_SCHEMA, SupportsResponse.OPTIONAL)
    async_register_admin_service(hass, DOMAIN, "remove_document", _remove, REMOVE_SCHEMA)
    for name, action, schema in (("list_documents", _list, LIST_SCHEMA), ("search_documents", _search, SEARCH_SCHEMA)):
        hass.services.async_register(DOMAIN, name, action, schema, SupportsResponse.ONLY)


@callback
def _documents(call: ServiceCall) -> Documents:
    """Return the documents of the server that is named, or of the only one."""
    entries = call.hass.config_entries.async_loaded_entries(DOMAIN)
    named = call.data.get(ATTR_CONFIG_ENTRY)
    chosen = [entry for entry in entries if named in {None, entry.entry_id}]
    if len(chosen) == 1:
        return Documents(chosen[0].runtime_data.client)
    key = "which_server" if chosen else "server_not_loaded" if named or entries else "no_server"
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key=key)


async def _add(call: ServiceCall) -> ServiceResponse:
    documents = _documents(call)
    name, content = await _content(call)
    try:
        document = await documents.add(name, content)
    except SottoError as err:
        raise as_error(err) from err
    except OSError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="file_unreadable", translation_placeholders={"file": name}
        ) from err
    return {"document": document.as_response()}


async def _content(call: ServiceCall) -> tuple[str, AsyncIterator[bytes]]:
    """Return the name of what is to be added, and what it consists of."""
    name = call.data.get(ATTR_NAME)
    if text := call.data.get(ATTR_TEXT):
        if name is None:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="text_without_name")
        return name if Path(name).suffix else f"{name}.md", pieces_of_text(text)
    path = await _media_path(call) if ATTR_MEDIA in call.data else Path(call.data[CONF_PATH])
    if ATTR_MEDIA not in call.data and not await call.hass.async_add_executor_job(_is_allowed, call.hass, path):
        raise _about_file("file_not_allowed", path)
    if not await call.hass.async_add_executor_job(path.is_file):
        raise _about_file("file_unreadable", path)
    return name or path.name, pieces_of(call.hass, path)


def _is_allowed(hass: HomeAssistant, path: Path) -> bool:
    return hass.config.is_allowed_path(str(path))


async def _media_path(call: ServiceCall) -> Path:
    media_id = call.data[ATTR_MEDIA]
    try:
        media = await media_source.async_resolve_media(call.hass, media_id, None)
    except media_source.Unresolvable as err:
        raise _about_file("file_unreadable", media_id) from err
    if media.path is None:
        raise _about_file("file_elsewhere", media_id)
    return media.path


def _about_file(key: str, file: Path | str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"file": str(file)}
    )


async def _remove(call: ServiceCall) -> None:
    documents = _documents(call)
    wanted = call.data[ATTR_DOCUMENT]
    try:
        found = [each for each in await documents.all() if _is_called(each, wanted)]
        if len(found) != 1:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="several_documents" if found else "no_such_document",
                translation_placeholders={"ids": ", ".join(each.document_id for each in found)} if found else None,
            )
        await documents.remove(found[0].document_id)
    except SottoError as err:
        raise as_error(err) from err


def _is_called(document: Document, wanted: str) -> bool:
    return wanted in {document.document_id, document.name, document.title}


async def _list(call: ServiceCall) -> ServiceResponse:
    try:
        return {"documents": [each.as_response() for each in await _documents(call).all()]}
    except SottoError as err:
        raise as_error(err) from err


async def _search(call: ServiceCall) -> ServiceResponse:
    try:
        found = await _documents(call).search(call.data[ATTR_QUERY], call.data[ATTR_LIMIT])
    except SottoError as err:
        raise as_error(err) from err
    return {"passages": [each.as_response() for each in found]}
