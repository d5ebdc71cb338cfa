"""Which NVIDIA chips a library has code for, read from the library itself: cuobjdump is no part of an image.

Pure logic. The layout is that of the `.nv_fatbin` section: containers, each with entries for one chip.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_CONTAINER = struct.Struct("<IHHQ")  # magic, version, size of this header, size of all entries
_ENTRY = struct.Struct("<HHIQ")  # kind, version, size of this header, size of its code
_MAGIC = struct.pack("<I", 0xBA55ED50)
_CHIP = struct.Struct("<I")
_CHIP_AT = 28
_PTX, _MACHINE_CODE = 1, 2
_TEGRA = frozenset({53, 62, 72, 87, 101, 110})


@dataclass(frozen=True, slots=True)
class Code:
    """What is in a library. A chip is its compute capability times ten: Orin is 87, Thor 110."""

    chips: frozenset[int] = frozenset()
    """Those with machine code."""
    ptx: frozenset[int] = frozenset()
    """Those with PTX, which the driver compiles for this chip and any later one."""

    def runs_on(self, chip: int) -> bool:
        """Whether kernels run there.

        Machine code runs on its chip and those of the same generation that came later, but not across the line between
        cards and Jetsons (CUDA C++ Programming Guide, "Binary Compatibility").
        """
        if chip in self.chips or any(chip >= version for version in self.ptx):
            return True
        return chip not in _TEGRA and any(
            made_for // 10 == chip // 10 and made_for < chip and made_for not in _TEGRA for made_for in self.chips
        )

    def __or__(self, other: Code) -> Code:
        """Return what both have."""
        return Code(self.chips | other.chips, self.ptx | other.ptx)


def code_in(library: bytes) -> Code:
    """Return what a library's bytes have code for; nothing if there is no such section or it is cut off."""
    entries = list(_entries(library))
    return Code(
        frozenset(chip for kind, chip in entries if kind == _MACHINE_CODE),
        frozenset(chip for kind, chip in entries if kind == _PTX),
    )


def _entries(library: bytes) -> Iterator[tuple[int, int]]:
    start = library.find(_MAGIC)
    while 0 <= start <= len(library) - _CONTAINER.size:
        _, _, header, size = _CONTAINER.unpack_from(library, start)
        at, end = start + header, min(start + header + size, len(library))
        while header == _CONTAINER.size and at + _CHIP_AT + _CHIP.size <= end:
            kind, _, length, code = _ENTRY.unpack_from(library, at)
            if length <= _CHIP_AT or kind not in (_PTX, _MACHINE_CODE):
                break
            yield kind, _CHIP.unpack_from(library, at + _CHIP_AT)[0]
            at += length + code
        start = library.find(_MAGIC, max(at, start + len(_MAGIC)))
