"""Which models a folder of files brings: files are known by their digest, whatever they are called. Blocks.

A file without a digest in the catalogue is known by name and size.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Event

from .catalogue import Model, ModelFile
from .part import Digest, digest_of, disk_errors

MOST_FILES = 100_000
"""So many are looked at in a folder, at most."""


def recognised(folder: Path, models: Sequence[Model], stop: Event) -> dict[str, dict[str, Path]]:
    """Return the files of each model that is there as a whole, by id and path of the catalogue.

    Only files of a size that the catalogue has are read. Raises FolderError for a folder that cannot be.
    """
    by_size: dict[int, list[Path]] = defaultdict(list)
    sizes = {file.size_bytes for model in models for file in model.files}
    for path, size in _files(folder):
        if size in sizes:
            by_size[size].append(path)
    digests: dict[Path, Digest | None] = {}

    def same(file: ModelFile, path: Path) -> bool:
        if not file.pinned:
            return path.name == file.path.rpartition("/")[2]
        if path not in digests:
            digests[path] = digest_of(path, stop)
        digest = digests[path]
        return digest is not None and (digest.sha256 == file.sha256 or digest.md5 == file.md5)

    found: dict[str, dict[str, Path]] = {}
    for model in models:
        if all(by_size[file.size_bytes] for file in model.files):
            files = {file.path: _first(file, by_size[file.size_bytes], same) for file in model.files}
            whole = {path: file for path, file in files.items() if file is not None}
            if len(whole) == len(model.files):
                found[model.id] = whole
    return found


def _first(file: ModelFile, paths: Iterable[Path], same: Callable[[ModelFile, Path], bool]) -> Path | None:
    return next((path for path in paths if same(file, path)), None)


def _files(folder: Path) -> Iterable[tuple[Path, int]]:
    with disk_errors(folder / "."):
        os.listdir(folder)  # noqa: PTH208 - os.walk is silent about a folder that is none
    count = 0
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            count += 1
            path = Path(root, name)
            if count > MOST_FILES:
                return
            if path.is_file():
                yield path, path.stat().st_size
