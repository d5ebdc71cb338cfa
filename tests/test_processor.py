"""What a processor lacks is told before a library ends the process for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wyoming_servers import __main__ as command
from wyoming_servers.errors import EngineUnavailableError
from wyoming_servers.processor import AVX2, X86_64_V2, lacks, require_baseline

KVM64 = (
    "processor\t: 0\nmodel name\t: Common KVM processor\nflags\t\t: fpu sse sse2 ht syscall nx lm pni cx16 hypervisor\n"
)
N5105 = "model name\t: Intel(R) Celeron(R) N5105 @ 2.00GHz\nflags\t\t: fpu ssse3 sse4_1 sse4_2 popcnt aes\n"
I5_2400 = "flags\t\t: fpu ssse3 sse4_1 sse4_2 avx popcnt\n"
I5_4570 = "flags\t\t: fpu ssse3 sse4_1 sse4_2 avx f16c fma bmi1 bmi2 avx2 popcnt\n"
CORTEX_A72 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU part\t: 0xd08\n"


@pytest.mark.parametrize(
    ("cpu", "needed", "lacking"),
    [
        (KVM64, X86_64_V2, X86_64_V2),
        (N5105, X86_64_V2, frozenset()),
        (N5105, AVX2, AVX2),
        (I5_2400, AVX2, AVX2),
        (I5_4570, AVX2, frozenset()),
        (CORTEX_A72, X86_64_V2 | AVX2, frozenset()),
    ],
)
def test_it_is_known_what_a_processor_lacks(
    tmp_path: Path, cpu: str, needed: frozenset[str], lacking: frozenset[str]
) -> None:
    (tmp_path / "cpuinfo").write_text(cpu)
    assert lacks(needed, tmp_path / "cpuinfo") == lacking


def test_where_nothing_tells_of_the_processor_it_lacks_nothing(tmp_path: Path) -> None:
    assert not lacks(AVX2, tmp_path / "cpuinfo")


def test_a_virtual_machine_with_an_old_processor_is_told_what_to_choose(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(KVM64)
    with pytest.raises(EngineUnavailableError, match="lacks popcnt, sse4_1, sse4_2, ssse3") as caught:
        require_baseline(tmp_path / "cpuinfo")
    assert "Proxmox" in caught.value.remedy


@pytest.mark.parametrize("module", ["wyoming_servers", "addon"])
def test_a_command_looks_at_the_processor_before_it_imports_what_needs_it(module: str) -> None:
    code = f"""
import sys
import wyoming_servers.processor as processor
from wyoming_servers.errors import EngineUnavailableError

def refuse():
    raise EngineUnavailableError("This processor lacks sse4_2.")

processor.require_baseline = refuse
from {module}.__main__ import main
code = main(["{"serve" if module == "addon" else "run"}"])
assert "numpy" not in sys.modules
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (command.EXIT_USAGE, "sotto: This processor lacks sse4_2.\n")
