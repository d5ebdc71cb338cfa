"""A build that silently fell back to the CPU is caught when it is built, and when it is started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wyoming_servers.acceleration.driver import ask
from wyoming_servers.acceleration.fatbin import Code
from wyoming_servers.acceleration.image import Image, read_image
from wyoming_servers.acceleration.verdict import Gpu, Machine, Part, faults, obstacles
from wyoming_servers.errors import EngineUnavailableError

IMAGE = Image("jp7", cuda=True, chips=(87, 110))
CODE = Code(chips=frozenset({87, 110}))
WHOLE = (Part("ctranslate2", CODE, cuda=True), Part("llama_cpp", CODE, cuda=True))
ORIN = Machine((Gpu("Orin", 87),))


def test_a_build_as_it_was_meant_to_be_has_no_fault() -> None:
    assert faults(IMAGE, WHOLE) == []
    assert obstacles(IMAGE, WHOLE, ORIN) == []


def test_a_build_for_the_cpu_may_be_as_it_likes() -> None:
    image = Image("cpu", cuda=False)
    parts = (Part("ctranslate2"), Part("llama_cpp"))
    assert faults(image, parts) == []
    assert obstacles(image, parts, Machine(error="no driver")) == []


ANY = Image("cpu", cuda=False, any_cpu=True)
INTEL = frozenset({"x64", "sse42", "haswell", "zen4"})
ARM = frozenset({"armv8.0_1", "armv8.2_1", "armv8.2_2"})


@pytest.mark.parametrize("kinds", [INTEL, ARM])
def test_a_build_for_any_processor_has_code_for_the_oldest_and_for_usual_ones(kinds: frozenset[str]) -> None:
    assert faults(ANY, (Part("ctranslate2"), Part("llama_cpp", kinds_of_cpu=kinds))) == []


@pytest.mark.parametrize("kinds", [INTEL - {"x64"}, INTEL - {"haswell"}, ARM - {"armv8.0_1"}])
def test_a_build_for_any_processor_that_lacks_a_kind_is_told_with_those_that_it_has(kinds: frozenset[str]) -> None:
    (fault,) = faults(ANY, (Part("ctranslate2"), Part("llama_cpp", kinds_of_cpu=kinds)))
    assert fault == f"llama_cpp was not compiled for any processor, but for {', '.join(sorted(kinds))}"


def test_a_build_for_one_kind_of_processor_is_none_for_any() -> None:
    parts = (Part("ctranslate2"), Part("llama_cpp"))
    assert faults(ANY, parts) == ["llama_cpp was not compiled for any processor, but for one kind"]
    assert faults(Image("cpu", cuda=False, any_cpu=True, llama=False), parts) == []


def test_a_part_that_was_compiled_for_the_cpu_is_named() -> None:
    assert faults(IMAGE, (WHOLE[0], Part("llama_cpp"))) == ["llama_cpp was compiled for the CPU"]


def test_a_part_for_other_chips_is_named_with_these() -> None:
    card = Part("ctranslate2", Code(frozenset({80, 86}), frozenset({86})), cuda=True)
    assert faults(IMAGE, (card, WHOLE[1])) == [
        "ctranslate2 has no code for sm_87, but for sm_80, sm_86, PTX 86",
        "ctranslate2 has no code for sm_110, but for sm_80, sm_86, PTX 86",
    ]


def test_a_part_that_cannot_be_loaded_is_named_with_why() -> None:
    broken = Part("llama_cpp", error="libcudart.so.13: cannot open shared object file")
    assert faults(IMAGE, (WHOLE[0], broken)) == [
        "llama_cpp cannot be loaded: libcudart.so.13: cannot open shared object file"
    ]


def test_a_part_that_is_missing_is_named_unless_it_was_left_out() -> None:
    assert faults(IMAGE, WHOLE[:1]) == ["llama_cpp is missing"]
    assert faults(Image("jp7", cuda=True, chips=(87, 110), llama=False), WHOLE[:1]) == []


def test_a_machine_without_a_gpu_says_why() -> None:
    assert obstacles(IMAGE, WHOLE, Machine(error="no driver")) == ["no driver"]


def test_a_gpu_that_the_build_has_no_code_for_is_named() -> None:
    xavier = Machine((Gpu("Xavier", 72),))
    assert obstacles(IMAGE, WHOLE, xavier)[0] == "ctranslate2 has no code for Xavier (sm_72), but for sm_87, sm_110"


def test_the_build_of_this_environment_is_caught_when_it_claims_cuda() -> None:
    """The real libraries: PyPI's CTranslate2, and a llama-cpp-python that was compiled without CUDA."""
    done = subprocess.run(
        [sys.executable, "-m", "wyoming_servers.acceleration", "--for", "cuda:87,110"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert "llama_cpp was compiled for the CPU" in report["faults"]
    assert any(fault.startswith("ctranslate2") for fault in report["faults"])


def test_the_build_of_this_environment_passes_for_the_cpu() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wyoming_servers.acceleration", "--for", "cpu"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_machine_without_a_driver_says_what_it_looked_for() -> None:
    machine = ask("libcuda-that-is-nowhere.so.1")
    assert not machine.gpus
    assert "runtime: nvidia" in machine.error


def test_an_image_says_what_it_was_built_for(tmp_path: Path) -> None:
    assert read_image(tmp_path) is None
    about = tmp_path / "share" / "sotto"
    about.mkdir(parents=True)
    (about / "image.json").write_text(
        '{"variant": "jp6", "cuda": true, "chips": [87], "llama": true, "any_cpu": false}'
    )
    assert read_image(tmp_path) == Image("jp6", cuda=True, chips=(87,))
    (about / "image.json").write_text("{}")
    with pytest.raises(EngineUnavailableError):
        read_image(tmp_path)
