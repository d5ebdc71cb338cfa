"""Images in the messages of users: what is taken, and why something is not. Pure logic."""

from __future__ import annotations

import binascii
import re
from typing import Any

import voluptuous as vol

from .body import text

MOST_BYTES = 16 * 1024 * 1024
"""Of a body with images. A camera of 8 megapixels makes JPEGs of 2 to 4 MB, base64 makes a third more of them, and an
automation may send three at once. Who may send this much has the token; a door with a model that sees nothing takes
bodies without images, which are smaller."""
_DATA_URL = re.compile(r"data:image/(?:jpeg|png|webp|gif);base64,")


def image(value: Any) -> str:
    """Check the data URL of an image. Others are refused: nothing is fetched from here on a client's behalf."""
    url = text(value)
    found = _DATA_URL.match(url)
    if found is None:
        raise vol.Invalid("it must begin with data:image/jpeg;base64, or the same for png, webp or gif")
    try:
        binascii.a2b_base64(url[found.end() :], strict_mode=True)
    except (binascii.Error, ValueError):
        raise vol.Invalid("what follows base64, is not base64") from None
    if found.end() == len(url):
        raise vol.Invalid("there is no image in it")
    return url
