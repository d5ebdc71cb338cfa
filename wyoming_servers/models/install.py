"""A model from its sources, or from files that somebody brought, to where the engines look."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .catalogue import Model, ModelFile, mirrored
from .download import Download, digested
from .part import Digest, disk_errors
from .shelves import Shelves
from .state import State
from .threads import in_thread

Told = Callable[[State, int], None]
"""Called with what is being done, and how many bytes of the model there are."""


class Installer:
    """Installs one model at a time."""

    def __init__(self, shelves: Shelves, mirror: str = "") -> None:
        """`mirror`: an address with Hugging Face's layout, which is asked first."""
        self._shelves = shelves
        self._mirror = mirror

    async def fetch(self, model: Model, download: Download, told: Told) -> None:
        """Fetch a model and let it appear; what was fetched of it is kept when it fails or is cancelled.

        Raises what `Download.fetch` and `Part` do.
        """
        await in_thread(self._shelves.gather, model)
        pins = await in_thread(self._shelves.pins, model)
        await in_thread(self._require_room, model)
        digests, before = {}, 0
        for file in model.files:
            digests[file.path] = await self._fetch_file(model, _pinned(file, pins), download, told, before)
            before += file.size_bytes
        await in_thread(self._shelves.publish, model, digests)

    async def _fetch_file(self, model: Model, file: ModelFile, download: Download, told: Told, before: int) -> Digest:
        part = self._shelves.part(model, file)

        def tell(done_bytes: int) -> None:
            whole = done_bytes == file.size_bytes
            told(State.VERIFYING if whole else State.DOWNLOADING, before + done_bytes)

        return await download.fetch(file, mirrored(file.urls, self._mirror), part, tell)

    def _require_room(self, model: Model) -> None:
        """Look before the first byte whether there is room for the last one. Blocks."""
        missing = model.size_bytes - self._shelves.look(model).done_bytes
        part = self._shelves.part(model, model.files[0])
        with disk_errors(part.path):
            part.path.parent.mkdir(parents=True, exist_ok=True)
        part.require_room(missing)

    async def take(self, model: Model, files: dict[str, Path], told: Told) -> None:
        """Copy a model from files, by path of the catalogue, and let it appear."""
        await in_thread(self._shelves.forget_parts, model)
        await in_thread(self._require_room, model)
        digests, before = {}, 0
        for file in model.files:
            part = self._shelves.part(model, file)
            told(State.DOWNLOADING, before)
            await in_thread(_copy, files[file.path], part.path)
            digests[file.path] = await digested(part.path)
            before += file.size_bytes
        told(State.VERIFYING, before)
        await in_thread(self._shelves.publish, model, digests)


def _pinned(file: ModelFile, pins: dict[str, str]) -> ModelFile:
    """Return the file with the digest that it had when it was first fetched, where the catalogue has none."""
    return file if file.pinned else replace(file, sha256=pins.get(file.path))


def _copy(source: Path, target: Path) -> None:
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
