"""What several actions ask of their fields."""

from __future__ import annotations

from typing import Any

from homeassistant.helpers import config_validation as cv
import probatio


def words(value: Any) -> str:
    """Validate that there is something to say or to read, and return it without blanks around it."""
    given = cv.string(value).strip()
    if not given:
        raise probatio.Invalid("it must not be empty")
    return given
