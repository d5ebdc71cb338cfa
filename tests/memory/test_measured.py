"""Memory as the kernel tells it: on a machine, within a control group of either version, and on a Jetson."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wyoming_servers.memory.measured import CHILD_ADDRESSES, Limit, Measured, available_bytes, measure, used_by_this

KB, GB = 1024, 1_000_000_000

MEMINFO = """\
MemTotal:        8000000 kB
MemFree:         1000000 kB
MemAvailable:    5000000 kB
Buffers:          100000 kB
Cached:          3000000 kB
Mapped:           400000 kB
"""
ORIN_MEMINFO = """\
MemTotal:        7802748 kB
MemFree:          412340 kB
MemAvailable:    3514000 kB
Mapped:           310040 kB
NvMapMemFree:          0 kB
NvMapMemUsed:    2113536 kB
"""
V2_STAT = "anon 700000000\nfile 400000000\nfile_mapped 50000000\nactive_file 100000000\ninactive_file 250000000\n"
V1_STAT = (
    "cache 9\ninactive_file 1\ntotal_inactive_file 30000000\ntotal_active_file 20000000\ntotal_mapped_file 10000000\n"
)
PRESSURE = "some avg10=31.00 avg60=9.10 avg300=2.00 total=99\nfull avg10=22.50 avg60=7.00 avg300=1.00 total=77\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files below the root: `root = write({"proc/meminfo": "..."})`."""

    def write_all(files: dict[str, str]) -> Path:
        for name, text in {"proc/meminfo": MEMINFO, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write_all


def no_limits() -> Iterator[tuple[str, int]]:
    return iter(())


def measured(root: Path) -> Measured:
    return measure(root, no_limits)


def test_a_machine_has_what_the_kernel_says_less_the_files_that_somebody_has_mapped(write: Write) -> None:
    found = measured(write({"proc/vmstat": "nr_free_pages 3\noom_kill 2\n", "proc/pressure/memory": PRESSURE}))
    assert (found.total, found.available) == (8_000_000 * KB, 4_600_000 * KB)
    assert (found.limit, found.unified, found.own) == (Limit.MACHINE, False, None)
    assert (found.oom_kills, found.stalled) == (2, 22.5)


def test_within_a_group_of_version_2_the_tightest_of_all_above_it_counts(write: Write) -> None:
    group = "sys/fs/cgroup/system.slice/sotto"
    root = write(
        {
            "proc/self/cgroup": "0::/system.slice/sotto\n",
            f"{group}/memory.max": "max\n",
            f"{group}/memory.high": "3000000000\n",
            f"{group}/memory.current": "1000000000\n",
            f"{group}/memory.stat": V2_STAT,
            "sys/fs/cgroup/system.slice/memory.max": "2000000000\n",
            "sys/fs/cgroup/system.slice/memory.current": "1500000000\n",
            "sys/fs/cgroup/system.slice/memory.stat": V2_STAT + "slab_reclaimable 7\n",
        }
    )
    found = measured(root)
    assert (found.total, found.limit) == (2 * GB, Limit.CGROUP)
    assert found.available == 500_000_000 + 300_000_000 + 7


def test_in_a_container_that_sees_only_its_own_group_that_one_is_the_root(write: Write) -> None:
    root = write(
        {
            "proc/self/cgroup": "0::/../../docker/0123\n",
            "sys/fs/cgroup/memory.max": "1000000000\n",
            "sys/fs/cgroup/memory.current": "400000000\n",
            "sys/fs/cgroup/memory.stat": "",
        }
    )
    assert measured(root).available == 600_000_000


def test_a_group_of_version_1_is_read_too_and_no_limit_is_none(write: Write) -> None:
    mount = "sys/fs/cgroup/memory"
    root = write(
        {
            "proc/self/cgroup": "9:name=systemd:/\n4:memory:/docker/0123\n3:cpuset:/\n0::/\n",
            f"{mount}/docker/0123/memory.limit_in_bytes": "2000000000\n",
            f"{mount}/docker/0123/memory.usage_in_bytes": "500000000\n",
            f"{mount}/docker/0123/memory.stat": V1_STAT,
            f"{mount}/memory.limit_in_bytes": "9223372036854771712\n",
            f"{mount}/memory.usage_in_bytes": "6016749568\n",
            f"{mount}/memory.stat": "",
        }
    )
    found = measured(root)
    assert (found.total, found.available, found.limit) == (2 * GB, 1_500_000_000 + 40_000_000, Limit.CGROUP)


def test_a_limit_of_one_process_leaves_a_child_all_but_what_it_maps_itself(write: Write) -> None:
    root = write({"proc/self/status": "Name:\tsotto\nVmSize:\t 1500000 kB\nVmRSS:\t 200000 kB\n"})
    found = measure(root, lambda: iter([("VmSize", 2 * GB)]))
    assert (found.total, found.limit) == (2 * GB, Limit.RLIMIT)
    assert found.available == 2 * GB - CHILD_ADDRESSES
    assert found.own == 2 * GB - 1_500_000 * KB


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("proc/device-tree/model", "NVIDIA Jetson Orin Nano Developer Kit\0"),
        ("proc/device-tree/compatible", "nvidia,p3767-0005\0nvidia,tegra234\0"),
        ("etc/nv_tegra_release", "# R36 (release), REVISION: 4.3\n"),
    ],
)
def test_a_jetson_shares_its_memory_with_the_gpu(write: Write, name: str, text: str) -> None:
    found = measured(write({"proc/meminfo": ORIN_MEMINFO, name: text, "proc/driver/nvidia/gpus/0/information": ""}))
    assert (found.unified, found.gpu_apart) == (True, False)
    assert found.available == (3_514_000 - 310_040) * KB, "what the GPU has is not available to anybody else"


def test_a_gpu_of_its_own_is_seen(write: Write) -> None:
    found = measured(write({"proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: NVIDIA\n"}))
    assert (found.unified, found.gpu_apart) == (False, True)


def test_where_nothing_tells_it_is_not_known(tmp_path: Path) -> None:
    assert measured(tmp_path).total == 0
    assert available_bytes(tmp_path) is None


def test_files_that_make_no_sense_are_passed_over(write: Write) -> None:
    root = write({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "nonsense\n", "proc/vmstat": "\n\0\n"})
    assert measured(root).limit is Limit.MACHINE


def test_what_a_process_and_its_children_use_is_added_up(write: Write) -> None:
    root = write(
        {
            "proc/self/stat": "10 (sotto) S 1\n",
            "proc/self/status": "VmRSS:\t 300 kB\n",
            "proc/self/task/10/children": "11 12 \n",
            "proc/11/status": "VmRSS:\t 100 kB\n",
            "proc/11/task/11/children": "13\n",
            "proc/13/status": "VmRSS:\t 7 kB\n",
        }
    )
    assert used_by_this(root) == 407 * KB


def test_this_machine_can_be_measured() -> None:
    found = measure()
    assert 0 < found.available < found.total
    assert 0 < used_by_this() < found.total
