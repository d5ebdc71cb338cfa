"""Evaluated prompts on disk, so that a restart or a change of prompts need not evaluate them again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import threading
import zlib
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

SUFFIX = ".prefix"
UNFINISHED = ".unfinished"
LEAST_TOKENS = 64
"""Shorter ones are evaluated as quickly as they are read."""

_MAGIC = b"SOTTOKV1"
_HEADER = struct.Struct("<8s32sIQ")  # magic, key, checksum, bytes of state


class PrefixStore:
    """A folder with a few states of a model, each under a key made of the model and the tokens."""

    def __init__(self, folder: Path, limit: int, identity: str, warn: Callable[[str], None]) -> None:
        """Create a store; `identity` names all that a state depends on besides its tokens."""
        self._folder = folder
        self._limit = limit
        self._identity = identity
        self._warn = warn
        self._writer: threading.Thread | None = None
        self._known: dict[bytes, bool] = {}
        self._reading_rate = 200e6
        """Bytes that are read and put back in a second; a guess until some were."""
        self._remove_unfinished()

    def wants(self, tokens: Sequence[int]) -> bool:
        """Return whether a prefix should be saved: it is long enough, and is not there yet."""
        if self._limit == 0 or len(tokens) < LEAST_TOKENS or self._writing:
            return False
        key = self._key(tokens)
        if key not in self._known:
            self._known[key] = self._path(key).exists()
        return not self._known[key]

    def load(self, tokens: Sequence[int], worth_s: float) -> bytearray | None:
        """Return a saved state; None if there is none, or if reading it takes longer than the seconds it is worth.

        A file that is damaged or somebody else's is deleted.
        """
        if self._limit == 0 or len(tokens) < LEAST_TOKENS:
            return None
        key = self._key(tokens)
        path = self._path(key)
        try:
            size = path.stat().st_size
            if size / self._reading_rate > worth_s:
                return None
            start = monotonic()
            state = _read(path, key)
            os.utime(path)
        except OSError:
            return None
        if state is None:
            self.discard(tokens)
            return None
        self._reading_rate = size / max(monotonic() - start, 1e-6)
        return state

    def discard(self, tokens: Sequence[int]) -> None:
        """Delete a state that turned out to be of no use."""
        key = self._key(tokens)
        self._known[key] = False
        with contextlib.suppress(OSError):
            self._path(key).unlink()

    def save(self, tokens: Sequence[int], state: bytearray) -> None:
        """Write a state on a thread of its own, and drop the oldest beyond the limit. A full disk is a warning."""
        key = self._key(tokens)
        self._known[key] = True
        self._writer = threading.Thread(target=self._write, args=(key, state), name="prefix", daemon=True)
        self._writer.start()

    def close(self) -> None:
        """Wait until what is being written is on disk."""
        if self._writer is not None:
            self._writer.join()

    @property
    def _writing(self) -> bool:
        return self._writer is not None and self._writer.is_alive()

    def _write(self, key: bytes, state: bytearray) -> None:
        path = self._path(key)
        unfinished = path.with_suffix(UNFINISHED)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(_HEADER.pack(_MAGIC, key, zlib.crc32(state), len(state)))
                file.write(state)
            unfinished.replace(path)
            self._drop_oldest()
        except OSError as err:
            self._warn(f"An evaluated prompt cannot be kept in {self._folder}: {err.strerror}.")
            with contextlib.suppress(OSError):
                unfinished.unlink()

    def _drop_oldest(self) -> None:
        files = sorted(self._folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in files[self._limit :]:
            self._known.pop(bytes.fromhex(path.stem), None)
            path.unlink()

    def _remove_unfinished(self) -> None:
        with contextlib.suppress(OSError):
            for path in self._folder.glob(f"*{UNFINISHED}"):
                path.unlink()

    def _key(self, tokens: Sequence[int]) -> bytes:
        return hashlib.sha256(self._identity.encode() + b"\0" + array("i", tokens).tobytes()).digest()

    def _path(self, key: bytes) -> Path:
        return self._folder / f"{key.hex()}{SUFFIX}"


def _read(path: Path, key: bytes) -> bytearray | None:
    """Return the state in a file; None if the file is not what it should be."""
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return None
        magic, written_key, checksum, size = _HEADER.unpack(header)
        if (magic, written_key) != (_MAGIC, key) or size != path.stat().st_size - _HEADER.size:
            return None
        state = bytearray(size)
        if file.readinto(state) != size or zlib.crc32(state) != checksum:
            return None
        return state
