"""Where this runs: beside a Supervisor or not, and what holds in an app unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wyoming_servers.settings import WEB_PORT, Settings, build, from_environment

TOKEN_VARIABLE = "SUPERVISOR_TOKEN"  # noqa: S105 - its name
ADDRESS_VARIABLE = "SUPERVISOR_API"
"""As bashio reads it, too; for tests and for those who develop an app without a Supervisor."""
ADDRESS = "http://supervisor"

IN_THE_APP: Mapping[str, Any] = {
    "data_dir": "/data",
    "zeroconf": False,
    "web_uri": f"tcp://0.0.0.0:{WEB_PORT}",
    "web_ingress": True,
    "wake_dir": "/share/openwakeword",
    "knowledge_folders": ("/share/sotto/documents",),
}
"""What the environment or an option may say otherwise. Multicast does not leave an app's network, so it is the
Supervisor that tells Home Assistant; wake words lie where Home Assistant's own app for them looks, too."""


def is_app(environment: Mapping[str, str]) -> bool:
    """Whether a Supervisor started this."""
    return bool(environment.get(TOKEN_VARIABLE))


def address_in(environment: Mapping[str, str]) -> str:
    """Return where the Supervisor is, such as `http://supervisor`."""
    return environment.get(ADDRESS_VARIABLE, ADDRESS).rstrip("/")


def values_in(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what the environment and the app say, by the keys of settings; raises SettingsError for what is wrong."""
    return {**(IN_THE_APP if is_app(environment) else {}), **from_environment(environment)}


def settings_in(environment: Mapping[str, str]) -> Settings:
    """Return the settings without the user's options: enough to know where the servers are."""
    return build(values_in(environment))
