"""Where models are on disk: what is whole, what is begun, what is somebody's own, and how a whole one appears.

A model is fetched into `.partial/ID` in its engine's folder, under names that no engine looks for, and appears by a
rename within that folder. What Sotto put there has a record in DATA_DIR/models; a model without one is the user's own.
Everything here blocks.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from .. import kept
from ..settings import Settings
from ..stt.sensevoice.model import SENSEVOICE, WEIGHTS
from ..stt.sensevoice.model import folder_of as sensevoice_folder
from .catalogue import Kind, Model, ModelFile
from .errors import BusyError
from .part import RESERVE_BYTES, Digest, Part, disk_errors
from .state import Found

PARTIAL = ".partial"
SUFFIX = ".part"
"""No engine takes a file with this ending for a model."""
_PATTERNS = (
    (Kind.STT, "whisper", "*/model.bin"),
    (Kind.STT, SENSEVOICE, f"*/{WEIGHTS}"),
    (Kind.TTS, "piper", "*.onnx"),
    (Kind.LLM, "llama_cpp", "*.gguf"),
    (Kind.EMBEDDING, "llama_cpp", "*.gguf"),
)


class Shelves:
    """The folders of one installation."""

    def __init__(self, settings: Settings, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._settings = settings
        self._records = settings.server.data_dir / "models"
        self._reserve_bytes = reserve_bytes
        self._lock: BinaryIO | None = None

    def folder(self, kind: Kind, engine: str = "") -> Path:
        """Return where engines look for models of this kind; SenseVoice has a folder of its own."""
        return sensevoice_folder(self._settings) if engine == SENSEVOICE else self._settings.folder(kind.section)

    def look(self, model: Model) -> Found:
        """Return what there is of a model."""
        files = [self.final(model, file) for file in model.files]
        record = self._read_record(model)
        ours = record.get("installed") is True
        asked = record.get("asked", ours) is True  # what was fetched before this was kept may have been asked for
        if all(map(_is_of_size, files, (file.size_bytes for file in model.files))):
            return Found(installed=True, own=not ours, done_bytes=model.size_bytes, asked=asked)
        if not ours and any(map(_exists, files)):  # of another make, or incomplete, under the same name
            return Found(installed=_exists(files[0]), own=True, done_bytes=sum(map(_size, files)))
        begun = sum(min(_size(self._staged(model, file)), file.size_bytes) for file in model.files)
        return Found(done_bytes=begun, asked=asked, replaced_by=str(record.get("replaced_by", "")))

    def others(self, models: Iterable[Model]) -> Iterator[tuple[Kind, str, int]]:
        """Yield kind, name and size of what engines find and the catalogue does not know."""
        known = {self.final(model, file) for model in models for file in model.files}
        for kind, engine, pattern in _PATTERNS:
            folder = self.folder(kind, engine)
            for path in sorted(folder.glob(pattern)) if folder.is_dir() else ():
                if path not in known and PARTIAL not in path.parts:
                    yield kind, path.parent.name if kind is Kind.STT else path.stem, _size(path)

    def final(self, model: Model, file: ModelFile) -> Path:
        """Return where an engine finds this file."""
        return self.folder(model.kind, model.engine) / file.path

    def part(self, model: Model, file: ModelFile) -> Part:
        """Return what there is of a file that is being fetched."""
        return Part(self._staged(model, file), self._reserve_bytes)

    def publish(self, model: Model, digests: Mapping[str, Digest]) -> None:
        """Let a model appear whose parts are all whole, with their digests by path; raises FolderError, DiskFullError.

        However the process ends, engines see all of it or nothing.
        """
        asked = self._read_record(model).get("asked") is True
        sha256 = {path: digest.sha256 for path, digest in digests.items()}
        self._write_record(model, sha256, installed=True, asked=asked)
        folder, staging = self.folder(model.kind, model.engine), self._staging(model)
        with disk_errors(folder / model.id):
            for file in model.files:
                self.part(model, file).forget_origin()
            if model.folder:
                for file in model.files:
                    self._staged(model, file).rename(staging / file.path.rpartition("/")[2])
                kept.sync_folder(staging)
                shutil.rmtree(folder / model.folder, ignore_errors=True)  # of which something is missing
                staging.rename(folder / model.folder)
            else:
                for file in sorted(model.files, key=lambda file: -len(file.path)):  # NAME.onnx is found by itself
                    self._staged(model, file).rename(folder / file.path)
                shutil.rmtree(staging, ignore_errors=True)
            kept.sync_folder(folder)

    def gather(self, model: Model) -> None:
        """Take back what was about to appear when the process ended."""
        for file in model.files if model.folder else ():
            named = self._staging(model) / file.path.rpartition("/")[2]
            with suppress(OSError):
                named.rename(self._staged(model, file))

    def ask(self, model: Model) -> None:
        """Remember that somebody wants a model, there or not. Raises FolderError."""
        record = self._read_record(model)
        if record.get("asked") is not True:
            self._write_record(model, self.pins(model), installed=record.get("installed") is True, asked=True)

    def remove(self, model: Model, replaced_by: str = "") -> None:
        """Remove a model that Sotto fetched; what its bytes were is remembered. Raises FolderError.

        `replaced_by`: the id of the model in whose favour it goes; empty: somebody wants it so.
        """
        folder = self.folder(model.kind, model.engine)
        with disk_errors(folder / model.id):
            for file in model.files:
                self.final(model, file).unlink(missing_ok=True)
            if model.folder and (folder / model.folder).is_dir():
                shutil.rmtree(folder / model.folder)
        self._write_record(model, self.pins(model), installed=False, asked=False, replaced_by=replaced_by)

    def forget_parts(self, model: Model) -> None:
        """Remove what was begun of a model."""
        with disk_errors(self._staging(model)):
            if self._staging(model).is_dir():
                shutil.rmtree(self._staging(model))

    def free_bytes(self) -> int:
        """Return how much room there is where models go."""
        path = self._settings.server.data_dir
        while not path.exists():
            path = path.parent
        return shutil.disk_usage(path).free

    def lock(self) -> None:
        """Keep other processes from working on these folders; raises BusyError if one does, and FolderError."""
        with disk_errors(self._records / "lock"):
            self._records.mkdir(parents=True, exist_ok=True)
            file = (self._records / "lock").open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise BusyError(
                "Another Sotto works on the models of this data folder.", remedy="Let it do it, or stop it."
            ) from None
        self._lock = file

    def unlock(self) -> None:
        """Let others work on these folders."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def declined(self) -> set[str]:
        """Return the ids of models that somebody removed, or whose fetching somebody stopped."""
        try:
            return {str(each) for each in json.loads(self._declined.read_text(encoding="utf-8"))}
        except (OSError, ValueError, TypeError):
            return set()

    def decline(self, ids: Iterable[str]) -> None:
        """Keep these ids for `declined`."""
        _write(self._declined, sorted(ids))

    def unused(self) -> dict[str, float]:
        """Return the ids of superseded models, and for how many seconds each was not used."""
        try:
            return {str(each): float(s) for each, s in json.loads(self._unused.read_text(encoding="utf-8")).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def keep_unused(self, unused: Mapping[str, float]) -> None:
        """Keep these seconds, by id, for `unused`."""
        _write(self._unused, dict(unused))

    @property
    def _unused(self) -> Path:
        return self._records / "unused.json"

    @property
    def _declined(self) -> Path:
        return self._records / "declined.json"

    def _record(self, model: Model) -> Path:
        return self._records / f"{model.id}.json"

    def pins(self, model: Model) -> dict[str, str]:
        """Return the SHA-256 of each file of a model that was installed once, by path: it must be the same again."""
        pins = self._read_record(model).get("sha256")
        return {str(path): str(sha256) for path, sha256 in pins.items()} if isinstance(pins, dict) else {}

    def _read_record(self, model: Model) -> dict[str, object]:
        try:
            record = json.loads(self._record(model).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def _write_record(
        self, model: Model, sha256: Mapping[str, str], *, installed: bool, asked: bool, replaced_by: str = ""
    ) -> None:
        record = {"id": model.id, "installed": installed, "asked": asked, "sha256": dict(sha256)}
        _write(self._record(model), record | ({"replaced_by": replaced_by} if replaced_by else {}))

    def _staging(self, model: Model) -> Path:
        return self.folder(model.kind, model.engine) / PARTIAL / model.id

    def _staged(self, model: Model, file: ModelFile) -> Path:
        return self._staging(model) / (file.path.rpartition("/")[2] + SUFFIX)


def _write(path: Path, content: object) -> None:
    with disk_errors(path):
        kept.write(path, json.dumps(content))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_of_size(path: Path, size_bytes: int) -> bool:
    return os.path.isfile(path) and _size(path) == size_bytes  # noqa: PTH113 - that one raises for a hidden folder


def _exists(path: Path) -> bool:
    return os.path.lexists(path)
