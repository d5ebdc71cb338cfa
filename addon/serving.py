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
from .language import HomeLanguage
from .options import choose, read

_LOGGER = logging.getLogger(__name__)

OPTIONS_PATH = Path("/data/options.json")


async def serve(options_path: Path, environment: Mapping[str, str]) -> int:
    """Serve until told to stop: as an app, or where no Supervisor is, as the environment alone says.

    Returns the exit code, or EXIT_AGAIN when the servers are to be started again. Raises SettingsError for options or a
    variable that are wrong.
    """
    if not is_app(environment):
        _LOGGER.info("This is no Home Assistant app (no %s): settings are SOTTO_… variables", TOKEN_VARIABLE)
        return await serve_until_stopped(settings_in(environment))
    chosen = choose(await asyncio.to_thread(read, options_path))
    logging.getLogger().setLevel(chosen.log_level)
    language = HomeLanguage(environment, settings_in(environment).server.data_dir)
    settings = await settings_for(chosen.settings, environment, language)
    again = asyncio.Event()
    asking = asyncio.create_task(language.ask_on(again), name="home-language")
    try:
        return await serve_until_stopped(settings, again=again)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def settings_for(chosen: Mapping[str, Any], environment: Mapping[str, str], language: HomeLanguage) -> Settings:
    """Return the settings of an app with these values of the user's."""
    values = {**_home(environment), **values_in(environment), **chosen}
    if "language" not in values:
        values["language"] = await language.ask()
    return build(values)


def _home(environment: Mapping[str, str]) -> dict[str, str]:
    """Return how the house is reached: Home Assistant, through the Supervisor."""
    return {"home": f"{address_in(environment)}/core/api", "home_token": environment[TOKEN_VARIABLE]}
