"""The folder of custom wake words: which models lie there now, and which of them are sound."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from .tflite import MAX_MODEL_BYTES, BadModelError

_LOGGER = logging.getLogger(__name__)

_VERSION = re.compile(r"[ _-]v(\d+(?:\.\d+)*)$", re.IGNORECASE)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a word's name tells of it."""

    phrase: str
    version: str


def spell(name: str) -> Spelling:
    """Read a name: of `hey_house_v0.1` the phrase is `hey house` and the version 0.1, or empty without one."""
    match = _VERSION.search(name)
    spoken = name[: match.start()] if match else name
    return Spelling(" ".join(re.split(r"[_\s]+", spoken)).strip() or name, match.group(1) if match else "")


@dataclass(frozen=True, slots=True)
class _File(Generic[T]):
    modified_ns: int
    size: int
    model: T | None
    """None for a file that cannot be used."""


class CustomFolder(Generic[T]):
    """The `.tflite` files of a folder, by their stem, each loaded once for as long as it does not change."""

    def __init__(self, folder: Path, load: Callable[[bytes], T]) -> None:
        """`load` raises BadModelError for what it cannot use."""
        self._folder = folder
        self._load = load
        self._files: dict[Path, _File[T]] = {}

    @property
    def models(self) -> dict[str, T]:
        """The models that can be used, by name, as of the last scan."""
        return {path.stem: file.model for path, file in sorted(self._files.items()) if file.model is not None}

    def scan(self) -> bool:
        """Look at the folder; True if the models changed. A file that cannot be used is reported once."""
        before = self._files
        self._files = {path: self._look_at(path) for path in self._list()}
        return self._usable(before) != self._usable(self._files)

    def _list(self) -> list[Path]:
        try:
            paths = sorted(self._folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as err:
            _LOGGER.debug("The folder %s cannot be read: %s", self._folder, err.strerror)
            return []
        # A leading dot: what macOS leaves beside a file that it copied.
        return [path for path in paths if path.suffix == ".tflite" and path.name[0] != "." and path.is_file()]

    def _look_at(self, path: Path) -> _File[T]:
        known = self._files.get(path)
        try:
            status = path.stat()
            if known is not None and (known.modified_ns, known.size) == (status.st_mtime_ns, status.st_size):
                return known
            model = self._read(path, status.st_size)
        except OSError as err:
            _LOGGER.debug("%s cannot be read: %s", path, err.strerror)
            return _File(0, 0, None)
        return _File(status.st_mtime_ns, status.st_size, model)

    def _read(self, path: Path, size: int) -> T | None:
        try:
            if size > MAX_MODEL_BYTES:
                raise BadModelError(f"it is larger than {MAX_MODEL_BYTES} bytes")
            return self._load(path.read_bytes())
        except BadModelError as err:
            _LOGGER.warning("%s is no wake word that can be used: %s", path, err)
            return None

    @staticmethod
    def _usable(files: dict[Path, _File[T]]) -> set[tuple[Path, int, int]]:
        return {(path, file.modified_ns, file.size) for path, file in files.items() if file.model is not None}
