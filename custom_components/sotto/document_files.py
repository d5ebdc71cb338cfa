"""Files on their way to a server, in pieces that are read beside the event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
import shutil
from tempfile import mkdtemp

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.core import HomeAssistant

PIECE_BYTES = 256 * 1024


async def pieces_of(hass: HomeAssistant, path: Path) -> AsyncIterator[bytes]:
    """Yield what a file consists of; raises OSError."""
    file = await hass.async_add_executor_job(path.open, "rb")
    try:
        while piece := await hass.async_add_executor_job(file.read, PIECE_BYTES):
            yield piece
    finally:
        await hass.async_add_executor_job(file.close)


async def pieces_of_text(text: str) -> AsyncIterator[bytes]:
    """Yield a text as a file has it."""
    yield text.encode()


@asynccontextmanager
async def uploaded(hass: HomeAssistant, file_id: str) -> AsyncIterator[Path]:
    """Have a file that a browser has sent, until the end of the block; raises ValueError if there is none."""
    folder = Path(await hass.async_add_executor_job(mkdtemp, None, "sotto-"))
    try:
        yield await hass.async_add_executor_job(_moved, hass, file_id, folder)
    finally:
        await hass.async_add_executor_job(shutil.rmtree, folder)


def _moved(hass: HomeAssistant, file_id: str, folder: Path) -> Path:
    with process_uploaded_file(hass, file_id) as path:
        return Path(shutil.move(path, folder / path.name))
