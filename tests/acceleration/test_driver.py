"""CUDA's driver, asked through a library with its functions, compiled on the spot."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from wyoming_servers.acceleration.driver import ask
from wyoming_servers.acceleration.verdict import Gpu

DRIVER = r"""
#include <string.h>
int cuInit(unsigned flags) { return FAILS; }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGet(int *device, int number) { *device = 40 + number; return 0; }
int cuDeviceGetName(char *name, int size, int device) { strncpy(name, device == 40 ? "Orin" : "?", size); return 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) { *value = attribute == 75 ? 8 : 7; return 0; }
"""


@pytest.fixture(scope="module", params=[0, 100])
def driver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    folder: Path = tmp_path_factory.mktemp("driver")
    library, source = folder / "libcuda.so.1", folder / "driver.c"
    source.write_text(DRIVER)
    fails: int = request.param
    subprocess.run([compiler, "-shared", "-fPIC", f"-DFAILS={fails}", "-o", library, source], check=True)
    return fails, library


def test_it_is_asked_for_names_and_chips(driver: tuple[int, Path]) -> None:
    fails, library = driver
    machine = ask(str(library))
    if fails:
        assert machine.error == "CUDA's driver answers with error 100"
    else:
        assert machine.gpus == (Gpu("Orin", 87),)
