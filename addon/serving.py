"""The servers as the app runs them: the user's options, and what Home Assistant knows where these are empty."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wyoming_servers.cli.run import serve as serve_until_stopped
from wyoming_servers.settings import Settings, build

from .environment import TOKEN_VARIABLE, address_in, is_app, settings_in, values_in
from .options import choose, read
from .supervisor import SupervisorError, connected

_LOGGER = logging.getLogger(__name__)

OPTIONS_PATH = Path("/data/options.json")

_WRITTEN_AS = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}
"""Home Assistant's names of languages that speech and sentences know by another."""


async def serve(options_path: Path, environment: Mapping[str, str]) -> int:
    """Serve until told to stop: as an app, or where no Supervisor is, as the environment alone says.

    Raises SettingsError for options or a variable that are wrong.
    """
    if not is_app(environment):
        _LOGGER.info("This is no Home Assistant app (no %s): settings are SOTTO_… variables", TOKEN_VARIABLE)
        return await serve_until_stopped(settings_in(environment))
    chosen = choose(await asyncio.to_thread(read, options_path))
    logging.getLogger().setLevel(chosen.log_level)
    return await serve_until_stopped(await settings_for(chosen.settings, environment))


async def settings_for(chosen: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Return the settings of an app with these values of the user's."""
    values = {**_home(environment), **values_in(environment), **chosen}
    if "language" not in values and (language := await _language(environment)):
        values["language"] = language
    return build(values)


def _home(environment: Mapping[str, str]) -> dict[str, str]:
    """Return how the house is reached: Home Assistant, through the Supervisor."""
    return {"home": f"{address_in(environment)}/core/api", "home_token": environment[TOKEN_VARIABLE]}


async def _language(environment: Mapping[str, str]) -> str:
    """Return the language that Home Assistant is set to, as a tag; empty, and said, where it does not tell."""
    try:
        async with connected(environment) as supervisor:
            config = await supervisor.home_config()
    except SupervisorError as err:
        _LOGGER.warning('%s The language is English until then, unless the option "Language" says otherwise.', err)
        return ""
    language = str(config.get("language") or "")
    return _WRITTEN_AS.get(language, language)
