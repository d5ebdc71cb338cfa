"""wyoming-satellite, a program that nobody here wrote, with a file as microphone and files as speaker."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant
from tests.homeassistant.sotto import Sotto, add_to_home_assistant
from tests.homeassistant.sound import RATE_HZ, write_wav
from tests.program import ROOT, Program, free_port

ENVIRONMENT = ROOT / ".venv-satellite"
HERE = Path(__file__).parent
SOON_S = 20.0


def until(condition: Callable[[], Any], within_s: float = SOON_S) -> Any:
    """Return what the condition says when it holds; fails when it does not within the time."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s"
        time.sleep(0.05)
    return value


class Satellite(Program):
    """A process wyoming-satellite that Home Assistant knows as `entity_id`."""

    def __init__(self, home_assistant: HomeAssistant, folder: Path) -> None:
        super().__init__(folder / "satellite.log")
        self.home_assistant = home_assistant
        self.entity_id = ""
        self.entry_id = ""
        self.port = free_port()
        self._folder = folder

    def start(self, *options: str) -> None:
        """Start it; return when it listens."""
        speaker = f"sh -c 'part=$(mktemp -p {self._folder}); cat >$part; mv $part {self._folder}/$(date +%s%N).raw'"
        command = [os.fspath(ENVIRONMENT / "bin" / "python"), "-m", "wyoming_satellite", "--debug", "--no-zeroconf"]
        command += ["--name", "Hallway", "--uri", f"tcp://127.0.0.1:{self.port}", *options]
        command += ["--mic-command", f"{sys.executable} {HERE / 'microphone.py'} {self._folder}"]
        command += ["--snd-command", speaker, "--snd-command-rate", str(RATE_HZ)]
        self.launch(command)
        self.wait_until(self._is_listening)

    def add(self) -> None:
        """Add it to Home Assistant."""
        self.entry_id = add_to_home_assistant(self.home_assistant, self.port)
        self.entity_id = self._entity("assist_satellite.")

    def choose(self, assistant: str) -> None:
        """Choose its assistant, as on its page in the settings."""
        chooser = self._entity("select.", "_assistant")
        with self.home_assistant.administrator() as admin:
            Furnisher(admin).act("select", "select_option", chooser, option=assistant)
            assert Furnisher(admin).state(chooser) == assistant

    def remove(self) -> None:
        """Take it out of Home Assistant again."""
        if self.entry_id:
            self.home_assistant.delete(f"/api/config/config_entries/entry/{self.entry_id}")

    def reload(self) -> None:
        """Have Home Assistant connect to it anew."""
        self.home_assistant.post(f"/api/config/config_entries/entry/{self.entry_id}/reload", {})

    def hear(self, pcm: bytes) -> None:
        """Play into its microphone."""
        write_wav(self._folder / "next.wav", pcm)
        (self._folder / "next.wav").rename(self._folder / "now.wav")

    def spoken(self) -> list[bytes]:
        """Return what its speaker has played, each answer or announcement for itself: 16 kHz, 16-bit mono."""
        return [file.read_bytes() for file in sorted(self._folder.glob("*.raw"))]

    def _entity(self, domain: str, part: str = "") -> str:
        with self.home_assistant.administrator() as admin:
            entries = Furnisher(admin).call("config/entity_registry/list")
        mine = (entry["entity_id"] for entry in entries if entry["config_entry_id"] == self.entry_id)
        return str(next(each for each in mine if each.startswith(domain) and part in each))

    def _is_listening(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


def require_environment() -> None:
    """Skip where there is no satellite program; in CI that is a failure."""
    if not (ENVIRONMENT / "bin" / "wyoming-satellite").exists():
        reason = f"needs a real satellite program in {ENVIRONMENT.name}; make it with: script/satellite"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


def run_satellite(sotto: Sotto, folder: Path, *options: str) -> Iterator[Satellite]:
    """Run a satellite that uses Sotto's pipeline."""
    require_environment()
    program = Satellite(sotto.home_assistant, folder)
    try:
        program.start(*options)
        program.add()
        yield program
        program.remove()
    finally:
        program.stop()


@pytest.fixture
def waking_satellite(sotto: Sotto, tmp_path: Path) -> Iterator[Satellite]:
    """A satellite that listens for the wake word by Sotto, and then streams.

    While nobody speaks, Home Assistant misses this release's answer to its pings: it drops the connection after 5 s
    and makes it again 3 s later. What is to reach the satellite has to come soon after the start.
    """
    wake = ("--wake-uri", f"tcp://127.0.0.1:{sotto.port}", "--wake-word-name", "okay_nabu")
    for program in run_satellite(sotto, tmp_path, *wake):
        program.choose("Sotto")
        yield program


@pytest.fixture
def streaming_satellite(sotto: Sotto, tmp_path: Path) -> Iterator[Satellite]:
    """A satellite that streams always; Home Assistant listens for the wake word, by the preferred assistant.

    This release asks for one run, as it is connected, and never again: choosing an assistant would end that.
    """
    yield from run_satellite(sotto, tmp_path)
