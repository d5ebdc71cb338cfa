"""Watched folders: which files are new, changed or gone since the last look, and have come to rest."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .document import Document
from .reading.names import suffix

_LOGGER = logging.getLogger(__name__)

READ = frozenset({"pdf", "docx", "html", "htm", "xhtml", "md", "markdown", "txt", "text", "csv", "tsv"})
"""Endings of files that are read; whatever else lies in a folder is passed over."""
MOST_FILES = 10_000
"""Of one folder: more is somebody's whole disk."""

Stamp = tuple[int, int]
"""When a file was changed, in nanoseconds, and its size."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be done after a look."""

    new: tuple[Path, ...] = ()
    """Files to read: they were the same at the last look."""
    gone: tuple[Document, ...] = ()
    """Documents whose files are not there any more."""


class WatchedFolders:
    """Several folders with all that is in them; methods block."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folder.absolute() for folder in folders)
        self._seen: dict[Path, Stamp] = {}
        self._taken: dict[Path, Stamp] = {}
        self._absent: set[Path] = set()
        self._looked = False

    @property
    def absent(self) -> tuple[Path, ...]:
        """Folders that could not be looked into."""
        return tuple(folder for folder in self.folders if folder in self._absent)

    def covers(self, source: str) -> bool:
        """Whether a file lies in one of the folders."""
        return any(Path(source).is_relative_to(folder) for folder in self.folders)

    def look(self, documents: Sequence[Document]) -> Look:
        """Compare the folders with the documents that were read from them.

        A file that is still being copied is left for the next look. A document is gone if its file was missing at two
        looks, but not while its folder is missing too: a disk that is not mounted has lost nothing.
        """
        before, self._seen = self._seen, dict(self._files())
        looked, self._looked = self._looked, True
        self._taken = {path: stamp for path, stamp in self._taken.items() if path in self._seen}
        rested = [path for path, stamp in self._seen.items() if before.get(path) == stamp]
        new = tuple(path for path in rested if self._taken.get(path) != self._seen[path])
        self._taken |= {path: self._seen[path] for path in new}
        gone = (each for each in documents if each.source and self._is_gone(each.source, before))
        return Look(new, tuple(gone) if looked else ())

    def has(self, path: Path) -> bool:
        """Whether a file was there at the last look."""
        return path in self._seen

    def try_again(self, *paths: Path) -> None:
        """Let files be new once more at the next look."""
        for path in paths:
            self._taken.pop(path, None)

    def others(self, documents: Sequence[Document]) -> tuple[Path, ...]:
        """Return the files of which there is no document: copies of others, or what could not be read."""
        known = {each.source for each in documents}
        return tuple(path for path in self._taken if str(path) not in known)

    def _is_gone(self, source: str, before: Mapping[Path, Stamp]) -> bool:
        path = Path(source)
        folders = [folder for folder in self.folders if path.is_relative_to(folder)]
        present = folders and not any(folder in self._absent for folder in folders)
        return bool(present) and path not in self._seen and path not in before

    def _files(self) -> Iterator[tuple[Path, Stamp]]:
        absent = set()
        for folder in self.folders:
            try:
                yield from self._files_in(folder)
            except OSError as err:
                absent.add(folder)
                if folder not in self._absent:
                    _LOGGER.info("The folder %s cannot be read: %s", folder, err.strerror)
        self._absent = absent

    def _files_in(self, folder: Path) -> Iterator[tuple[Path, Stamp]]:
        with os.scandir(folder):  # raises for what is no folder; `walk` would be silent
            pass
        count = 0
        for place, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.startswith((".", "~$")) or suffix(name) not in READ or not _is_text(name):
                    continue
                count += 1
                if count > MOST_FILES:
                    _LOGGER.warning("More than %s documents are in %s; the others are not read", MOST_FILES, folder)
                    return
                if (stamp := _stamp(path := Path(place, name))) is not None:
                    yield path, stamp


def _is_text(name: str) -> bool:
    """Whether a name is UTF-8, as everything else is that is kept."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
