"""What is in a ZIP file, before anything of it is unpacked."""

from __future__ import annotations

import io
import zipfile

from .errors import Unreadable, UnreadableError, broken, encrypted
from .limits import MIB, Limits

_FREE_BYTES = 10 * MIB
"""So much may be unpacked whatever the ratio: a letter of empty lines is no attack."""
_ENTRIES = 10_000


def names(data: bytes) -> frozenset[str]:
    """Return the names of the files inside; raises UnreadableError if it is no ZIP file."""
    return frozenset(entry.filename for entry in _entries(data))


def check(data: bytes, limits: Limits) -> None:
    """Raise UnreadableError for an archive that is encrypted, or would be very large when unpacked.

    The sizes are those that the archive gives; zipfile unpacks no more than that.
    """
    entries = _entries(data)
    if any(entry.flag_bits & 1 for entry in entries):
        raise encrypted()
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    is_dense = unpacked > _FREE_BYTES and unpacked / min(packed, len(data)) > limits.unpacked_ratio
    if is_dense or unpacked > limits.unpacked_bytes or len(entries) > _ENTRIES:
        raise UnreadableError(
            Unreadable.BOMB,
            f"The file has {len(data) / MIB:.1f} MB and would have {unpacked / MIB:.0f} MB unpacked.",
            remedy="Don't open it if you don't know where it is from. If you do, save it as a PDF.",
        )


def _entries(data: bytes) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as err:
        raise broken("a Word document (DOCX)") from err
