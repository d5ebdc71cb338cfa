"""What must come before the pytest plugins, where Home Assistant is newer than the one that they were made for.

From 2026.11 on Home Assistant puts httpx2 in httpx's place, and must do so before the plugin respx imports that.
pytest-homeassistant-custom-component 0.13.375 imports a name that 2026.11 has no more.
"""

from __future__ import annotations

# Nothing of Home Assistant may be imported before these; the order is the plugin's own.
from pytest_homeassistant_custom_component import patch_json  # noqa: F401 # isort: skip
from pytest_homeassistant_custom_component import patch_recorder  # noqa: F401 # isort: skip
from pytest_homeassistant_custom_component import patch_time  # noqa: F401 # isort: skip

from homeassistant.components import logger

if not hasattr(logger, "_clear_logger_overwrites"):
    vars(logger)["_clear_logger_overwrites"] = None
