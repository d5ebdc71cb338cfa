"""How much memory there is and how much of it can still be taken, within whatever limits this process. Blocks.

Sources: the kernel's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst, filesystems/proc.rst, accounting/psi.rst.
"""

from __future__ import annotations

import contextlib
import re
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path("/")
UNLIMITED = 1 << 60
"""From here on, control groups of version 1 and resource limits mean that there is none."""
CHILD_ADDRESSES = 700_000_000
"""Of the addresses of a process that computes, what is mapped before any model: Python, numpy, libraries, stacks."""
_TEGRA = re.compile(r"jetson|tegra|orin|thor|xavier", re.IGNORECASE)


class Limit(StrEnum):
    """What sets the limit."""

    CGROUP = "cgroup"
    RLIMIT = "rlimit"
    MACHINE = "machine"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Measured:
    """Memory as it is now, in bytes."""

    total: int
    """What this process and its children may have at most; 0 where nothing tells."""
    available: int
    """What can still be taken without anything in use being thrown out; file pages that nobody maps count."""
    limit: Limit = Limit.MACHINE
    """What is the tightest."""
    unified: bool = False
    """Whether a GPU has no memory but this (Jetson)."""
    gpu_apart: bool = False
    """Whether there is an NVIDIA GPU with memory of its own."""
    own: int | None = None
    """What this very process can still map; None: no less than is available."""
    stalled: float = 0.0
    """Percent of the last 10 s in which everything waited for memory."""
    oom_kills: int = 0
    """Processes that the kernel has ended for want of memory since it started."""


def measure(root: Path = ROOT, rlimits: Callable[[], Iterator[tuple[str, int]]] | None = None) -> Measured:
    """Read all there is to know. `root` holds `proc` and `sys`, `rlimits` yields limits of one process by name."""
    meminfo = _table(root / "proc/meminfo", 1024)
    groups = list(_control_groups(root))
    totals = [(meminfo.get("MemTotal", 0), Limit.MACHINE), *((limit, Limit.CGROUP) for limit, _ in groups)]
    free = [_machine(meminfo), *(left for _, left in groups)]
    own = None
    mapped = _table(root / "proc/self/status", 1024)
    for name, most in (rlimits or _rlimits)():
        totals.append((most, Limit.RLIMIT))
        free.append(most - CHILD_ADDRESSES)  # that of a child, where language models are
        left = most - mapped.get(name, 0)
        own = left if own is None else min(own, left)
    total, limit = min(totals)
    unified = _is_tegra(root)
    return Measured(
        total=total,
        available=max(0, min(free)),
        limit=limit,
        unified=unified,
        gpu_apart=not unified and any(_entries(root / "proc/driver/nvidia/gpus")),
        own=own,
        stalled=_stalled(root),
        oom_kills=_table(root / "proc/vmstat").get("oom_kill", 0),
    )


def available_bytes(root: Path = ROOT) -> int | None:
    """Return what a process can still take; None where nothing tells."""
    found = measure(root)
    return found.available if found.total else None


def used_by_this(root: Path = ROOT) -> int:
    """Return what this process and all below it have in memory, in bytes."""
    total, pids = 0, ["self"]
    while pids:
        pid = pids.pop()
        total += _table(root / "proc" / pid / "status", 1024).get("VmRSS", 0)
        own = _text(root / "proc" / pid / "stat").split(" ", 1)[0] if pid == "self" else pid
        pids += _text(root / "proc" / pid / "task" / own / "children").split()
    return total


def _machine(meminfo: dict[str, int]) -> int:
    """Return what the machine has left. A model's file that is mapped counts as available to the kernel, not here."""
    return meminfo.get("MemAvailable", 0) - meminfo.get("Mapped", 0)


def _control_groups(root: Path) -> Iterator[tuple[int, int]]:
    """Yield limit and rest of every control group that holds this process, of either version."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield from _along(root / "sys/fs/cgroup", path, _version_2)
        elif "memory" in controllers.split(","):
            yield from _along(root / "sys/fs/cgroup/memory", path, _version_1)


def _along(mount: Path, path: str, read: Callable[[Path], tuple[int, int] | None]) -> Iterator[tuple[int, int]]:
    """Read a group and all above it; in a container that sees only its own, that one is where the root would be."""
    group = mount / path.lstrip("/")
    group = group if group.is_dir() else mount
    for each in (group, *group.parents):
        if (found := read(each)) is not None:
            yield found
        if each == mount:
            return


def _version_2(group: Path) -> tuple[int, int] | None:
    limits = [_number(group / name) for name in ("memory.max", "memory.high")]
    known = [limit for limit in limits if limit is not None]
    used = _number(group / "memory.current")
    if not known or used is None:
        return None
    stat = _table(group / "memory.stat")
    return min(known), min(known) - used + _unused_files(stat, "file_mapped") + stat.get("slab_reclaimable", 0)


def _version_1(group: Path) -> tuple[int, int] | None:
    limit, used = _number(group / "memory.limit_in_bytes"), _number(group / "memory.usage_in_bytes")
    if limit is None or used is None or limit >= UNLIMITED:
        return None
    stat = {name.removeprefix("total_"): size for name, size in _table(group / "memory.stat").items()}
    return limit, limit - used + _unused_files(stat, "mapped_file")


def _unused_files(stat: dict[str, int], mapped: str) -> int:
    """Return the file pages that the kernel can drop without anybody missing them soon."""
    return max(0, stat.get("inactive_file", 0) + stat.get("active_file", 0) - stat.get(mapped, 0))


def _rlimits() -> Iterator[tuple[str, int]]:
    """Yield the limits of one process by what of it they limit, as `/proc/self/status` calls it."""
    for name, kind in (("VmSize", resource.RLIMIT_AS), ("VmData", resource.RLIMIT_DATA)):
        most = resource.getrlimit(kind)[0]
        if 0 <= most < UNLIMITED:
            yield name, most


def _is_tegra(root: Path) -> bool:
    model = _text(root / "proc/device-tree/model") + _text(root / "proc/device-tree/compatible")
    return bool(_TEGRA.search(model)) or (root / "etc/nv_tegra_release").exists()


def _stalled(root: Path) -> float:
    """Return `full avg10` of pressure stall information, 0 where the kernel keeps none."""
    found = re.search(r"^full avg10=([\d.]+)", _text(root / "proc/pressure/memory"), re.MULTILINE)
    return float(found[1]) if found else 0.0


def _table(path: Path, unit: int = 1) -> dict[str, int]:
    """Return the lines of a file that are a name and a number, in units of so many bytes."""
    found = {}
    for line in _text(path).splitlines():
        parts = line.replace(":", " ").split()
        if len(parts) >= 2 and parts[1].isdecimal():
            found[parts[0]] = int(parts[1]) * unit
    return found


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_bytes().decode("utf-8", errors="replace")
    return ""


def _entries(path: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from path.iterdir()
