"""Pictures that come with a task, as the server takes them: data URLs of a size that a model can use.

Everything here reads files and computes: call it off the event loop. Pillow is part of Home Assistant.
"""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

MIME_TYPES = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp"})
"""What a picture may claim to be."""
FORMATS = ("JPEG", "PNG", "WEBP")
"""What it may really be, as Pillow calls it."""
LONGEST_SIDE = 1536
"""Pixels. Models that see make less of a picture than this; what is larger only takes longer."""
SENT_AS_IT_IS = 1024 * 1024
"""Bytes. A smaller file is not computed anew."""
MOST_BYTES = 32 * 1024 * 1024
"""Of a file; cameras' are a tenth of it."""
MOST_PIXELS = 100_000_000
"""What takes 300 MB to decode. Four times as many as cameras have."""


class UnreadableImageError(Exception):
    """There is no picture in the file, or none of a format that is taken."""


class LargeImageError(Exception):
    """The picture is too large to be decoded here."""


def data_url_of(path: Path) -> str:
    """Return a picture as a data URL, made smaller if it is larger than a model can use. Blocks.

    Raises UnreadableImageError and LargeImageError.
    """
    mime_type, data = _picture(path)
    return f"data:{mime_type};base64,{base64.b64encode(data).decode()}"


def _picture(path: Path) -> tuple[str, bytes]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LargeImageError
        data = path.read_bytes()
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise LargeImageError
            if len(data) <= SENT_AS_IT_IS and max(image.size) <= LONGEST_SIDE:
                image.verify()
                return f"image/{(image.format or '').lower()}", data
            return "image/jpeg", _smaller(image)
    except Image.DecompressionBombError as err:
        raise LargeImageError from err
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError) as err:
        raise UnreadableImageError from err


def _smaller(image: Image.Image) -> bytes:
    """Return a JPEG, upright and without what else the file said: where and by whom it was taken."""
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    written = BytesIO()
    upright.convert("RGB").save(written, "JPEG", quality=88)
    return written.getvalue()
