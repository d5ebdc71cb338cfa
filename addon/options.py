"""The app's options, as a user fills them in, as settings of the servers.

What an option may be is said by the setting that it stands for; only its name and title are said here, as the
translations show them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import voluptuous as vol

from wyoming_servers.errors import SettingsError
from wyoming_servers.registry import engines_of
from wyoming_servers.settings import Option, options

LOG_LEVEL = "log_level"
LOG_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_CHANGE = "Change it on the Configuration tab of the app, and start it again."


@dataclass(frozen=True, slots=True)
class AppOption:
    """One field of the app's Configuration tab."""

    name: str
    """Its key in options.json, and in the YAML that a user may edit instead."""
    title: str
    """What a user sees above the field, in English; `translations/en.yaml` says the same."""
    setting: str = ""
    """The key of the setting it gives a value to; empty: none."""


OPTIONS = (
    AppOption("language", "Language", "language"),
    AppOption("languages", "Languages spoken", "models_languages"),
    AppOption("wake", "Wake word detection", "wake"),
    AppOption("wake_threshold", "Wake word threshold", "wake_threshold"),
    AppOption("stt", "Speech-to-text", "stt"),
    AppOption("stt_model", "Model that hears", "stt_model"),
    AppOption("conversation", "Conversation", "conversation"),
    AppOption("llm", "Language model", "llm"),
    AppOption("llm_model", "Language model: name or file", "llm_model"),
    AppOption("llm_url", "Language model: address", "llm_url"),
    AppOption("llm_key", "Language model: API key", "llm_key"),
    AppOption("tts", "Text-to-speech", "tts"),
    AppOption("tts_voice", "Voice", "tts_voice"),
    AppOption("tts_speed", "Speed of speech", "tts_speed"),
    AppOption("documents", "Folders of documents", "knowledge_folders"),
    AppOption("chatter", "What nobody meant for Sotto", "conversation_chatter"),
    AppOption("models_fetch", "Fetch models", "models_fetch"),
    AppOption("models_mirror", "Mirror for models", "models_mirror"),
    AppOption("memory_limit_mb", "Memory limit", "memory_limit_mb"),
    AppOption(LOG_LEVEL, "Log level"),
)
"""In the order of the Configuration tab."""

_STAGES = ("wake", "stt", "conversation", "tts")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a user chose."""

    settings: Mapping[str, Any]
    """Values by the keys of settings; what was left empty is not there."""
    log_level: int


def read(path: Path) -> dict[str, Any]:
    """Return the options that the Supervisor wrote. Blocks. Raises SettingsError where there are none."""
    remedy = "Restart the app: the Supervisor then writes them again. If that does not help, reinstall the app."
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise SettingsError(f"The app's options in {path} cannot be read: {err.strerror}.", remedy=remedy) from None
    except ValueError:
        raise SettingsError(f"The app's options in {path} are no JSON.", remedy=remedy) from None
    if not isinstance(found, dict):
        raise SettingsError(f"The app's options in {path} are no JSON object.", remedy=remedy)
    return found


def choose(given: Mapping[str, Any]) -> Chosen:
    """Return what these options mean; raises SettingsError naming the first that is unknown or wrong."""
    by_name = {option.name: option for option in OPTIONS}
    if unknown := [name for name in given if name not in by_name]:
        raise SettingsError(f"The app has no option {unknown[0]}.", remedy=f"Remove it. {_CHANGE}")
    filled = {name: value for name, value in given.items() if not _is_empty(value)}
    settings = {
        option.setting: _checked(option, filled[option.name])
        for option in OPTIONS
        if option.setting and option.name in filled
    }
    return Chosen(settings, LOG_LEVELS[_log_level(by_name[LOG_LEVEL], filled.get(LOG_LEVEL, "info"))])


def may_be(setting: str) -> tuple[str, ...]:
    """Return the names that a stage's engine may have besides the URI of another server."""
    return ("auto", *(spec.name for spec in engines_of(setting)))


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [])


def _checked(option: AppOption, value: Any) -> Any:
    setting = next(each for each in options() if each.key == option.setting)
    try:
        return vol.Schema(vol.All(_engine_of(option.setting), setting.check))(value)
    except vol.Invalid as err:
        raise _wrong(option, value, err, setting) from None


def _engine_of(setting: str) -> Any:
    """Return the check that a stage's option passes before the setting's own: an engine, or another server."""
    if setting not in _STAGES:
        return vol.Any(object)
    names = may_be(setting)
    return vol.Any(vol.In(names), vol.Match(r"tcp://.+:\d+$"), msg=f"expected {', '.join(names)} or tcp://HOST:PORT")


def _wrong(option: AppOption, value: Any, err: vol.Invalid, setting: Option) -> SettingsError:
    shown = "(secret)" if setting.secret else repr(value)
    return SettingsError(
        f'The app\'s option "{option.title}" ({option.name}) is {shown}: {err.msg}.',
        remedy=f"{setting.description}. {_CHANGE}",
    )


def _log_level(option: AppOption, value: Any) -> str:
    if value not in LOG_LEVELS:
        raise SettingsError(
            f'The app\'s option "{option.title}" ({option.name}) is {value!r}.',
            remedy=f"Choose from: {', '.join(LOG_LEVELS)}. {_CHANGE}",
        )
    return str(value)
