"""The servers that are compared, each a process on a free port of loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from .measure import describe_s

READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class Servers:
    """The ports."""

    sotto: int
    whisper: int
    piper: int


@asynccontextmanager
async def start_servers(folder: Path, whisper: Path, voice: Path) -> AsyncIterator[Servers]:
    """Start all three with their defaults, and end them."""
    ports = Servers(free_port(), free_port(), free_port())
    commands = [
        _sotto(ports.sotto, folder, whisper, voice),
        _wyoming_faster_whisper(ports.whisper, folder, whisper),
        _wyoming_piper(ports.piper, voice),
    ]
    log = (folder / "servers.log").open("wb")
    processes = [await asyncio.create_subprocess_exec(*each, stdout=log, stderr=log) for each in commands]
    try:
        for port, process in zip((ports.sotto, ports.whisper, ports.piper), processes, strict=True):
            await until_ready(port, process, folder / "servers.log")
        yield ports
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        await asyncio.gather(*(process.wait() for process in processes))
        log.close()


def _sotto(port: int, folder: Path, whisper: Path, voice: Path) -> list[str]:
    return [
        *(sys.executable, "-W", "ignore", "-m", "wyoming_servers", "run", "stt", "tts", "conversation"),
        *("--uri", f"tcp://127.0.0.1:{port}", "--zeroconf", "no", "--data-dir", str(folder / "data")),
        *("--http-uri", "", "--web-uri", ""),
        *("--stt", "whisper", "--stt-model", str(whisper), "--tts", "piper", "--tts-dir", str(voice.parent)),
    ]


def _wyoming_faster_whisper(port: int, folder: Path, whisper: Path) -> list[str]:
    return [
        *(sys.executable, "-W", "ignore", "-m", "wyoming_faster_whisper", "--uri", f"tcp://127.0.0.1:{port}"),
        *("--model", str(whisper), "--data-dir", str(folder / "theirs"), "--language", "en"),
        *("--stt-library", "faster-whisper", "--compute-type", "int8"),
    ]


def _wyoming_piper(port: int, voice: Path) -> list[str]:
    return [
        *(sys.executable, "-W", "ignore", "-m", "wyoming_piper", "--uri", f"tcp://127.0.0.1:{port}"),
        *("--voice", voice.stem, "--data-dir", str(voice.parent)),
    ]


def _end_of(log: Path | None) -> str:
    return "" if log is None else log.read_text()[-2000:]


async def until_ready(port: int, process: asyncio.subprocess.Process, log: Path | None = None) -> None:
    """Wait until the server answers; raises RuntimeError with the end of its log if it does not."""
    deadline = monotonic() + READY_WITHIN_S
    while monotonic() < deadline:
        if process.returncode is not None:
            raise RuntimeError(f"A server ended with {process.returncode}:\n{_end_of(log)}")
        with contextlib.suppress(OSError):
            await describe_s(port)
            return
        await asyncio.sleep(0.2)
    raise RuntimeError(f"A server was not ready within {READY_WITHIN_S} s:\n{_end_of(log)}")


def free_port() -> int:
    """Return a TCP port that nothing listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


os.environ.setdefault("HF_HUB_OFFLINE", "1")  # the models are here; nothing is to be looked up
