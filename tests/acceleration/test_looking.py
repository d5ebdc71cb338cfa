"""An image is held against its machine when it is started, and its fall-back told."""

from __future__ import annotations

import logging
import sys

import pytest

from wyoming_servers.acceleration.image import Image
from wyoming_servers.acceleration.looking import LOOKS, Looking

JETSON = Image("jp6", cuda=True, chips=(87,))


async def looked(*command: str) -> Looking:
    looking = Looking(JETSON, command)
    looking.start()
    await looking.looked()
    return looking


async def test_a_cpu_build_in_an_image_for_cuda_is_told_with_why(caplog: pytest.LogCaptureFixture) -> None:
    """This environment's real libraries, held against what an image for a Jetson must have."""
    looking = await looked(*LOOKS, "--for", "cuda:87")
    assert "llama_cpp was compiled for the CPU" in looking.told()["obstacles"]
    (told,) = (record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
    assert told.startswith("This image was built for CUDA and runs on the CPU: ")


async def test_it_is_told_what_the_image_is_for_before_it_was_looked_at() -> None:
    assert Looking(JETSON).told() == {"variant": "jp6", "chips": ["sm_87"]}


async def test_a_gpu_that_is_used_is_no_obstacle(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    report = '{"gpus": [{"name": "Orin", "chip": 87}], "obstacles": []}'
    looking = await looked(sys.executable, "-c", f"print({report!r})")
    assert looking.told() == {"variant": "jp6", "chips": ["sm_87"], "gpus": ["Orin"], "obstacles": []}
    assert "has code for Orin" in caplog.text


async def test_a_library_that_ends_the_process_does_no_harm() -> None:
    looking = await looked(sys.executable, "-c", "import os; os.abort()")
    assert looking.told()["obstacles"] == ["looking at it ended with exit code -6"]


async def test_it_ends_with_the_server() -> None:
    looking = Looking(JETSON, (sys.executable, "-c", "import time; time.sleep(600)"))
    looking.start()
    await looking.stop()
    assert "obstacles" not in looking.told()
