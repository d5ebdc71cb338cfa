"""Home Assistant begins: it asks a question on a satellite or starts a conversation, and hears the answer by Sotto.

Its Wyoming satellites can only announce, so this one speaks ESPHome's API, like the voice hardware that most have.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import ENVIRONMENT, HomeAssistant
from tests.homeassistant.satellite import until
from tests.homeassistant.sotto import FLOW, Sotto
from tests.homeassistant.sound import decode, speech_s
from tests.homeassistant.test_satellite import LIGHT
from tests.program import free_port

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Speaker:
    """A satellite in Home Assistant, and the folder of what it plays and says."""

    entity_id: str
    folder: Path

    def played(self) -> list[bytes]:
        """Return what it was told to play, in order."""
        return [file.read_bytes() for file in sorted(self.folder.glob("*.audio"))]


@pytest.fixture
def speaker(sotto: Sotto, home_assistant: HomeAssistant, shared: Path, tmp_path: Path) -> Iterator[Speaker]:
    """A satellite that answers "turn on the living room light" to whatever it is asked."""
    shutil.copy(shared / "audio/commands/living_room_light_en.wav", tmp_path / "answer.wav")
    port = free_port()
    command = [os.fspath(ENVIRONMENT / "bin/python"), os.fspath(HERE / "esphome_device.py"), str(port), str(tmp_path)]
    process = subprocess.Popen(command)
    try:
        until(lambda: is_listening(port))
        flow = home_assistant.post(FLOW, {"handler": "esphome", "show_advanced_options": False})
        added = home_assistant.post(f"{FLOW}/{flow['flow_id']}", {"host": "127.0.0.1", "port": port})
        entry_id = added["result"]["entry_id"]
        yield Speaker(until(lambda: satellite_of(home_assistant, entry_id)), tmp_path)
        home_assistant.delete(f"/api/config/config_entries/entry/{entry_id}")
    finally:
        process.kill()
        process.wait()


def is_listening(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def satellite_of(home_assistant: HomeAssistant, entry_id: str) -> str:
    """Return the entry's satellite once it is ready."""
    with home_assistant.administrator() as admin:
        entries = Furnisher(admin).call("config/entity_registry/list")
        mine = [entry["entity_id"] for entry in entries if entry["config_entry_id"] == entry_id]
        found = next((each for each in mine if each.startswith("assist_satellite.")), "")
        return found if Furnisher(admin).state(found) == "idle" else ""


def test_a_conversation_is_started_and_the_spoken_answer_is_a_command(speaker: Speaker, furnisher: Furnisher) -> None:
    furnisher.act("light", "turn_off", LIGHT)
    data = {"start_message": "It is getting dark. What shall I do?", "preannounce": False}
    furnisher.act("assist_satellite", "start_conversation", speaker.entity_id, **data)
    until(lambda: furnisher.state(LIGHT) == "on")
    question, answer = until(lambda: played if len(played := speaker.played()) == 2 else None)
    assert speech_s(decode(question)) > 1
    assert speech_s(decode(answer)) > 0.5


def test_a_question_is_asked_and_the_spoken_answer_is_one_of_those_expected(
    speaker: Speaker, furnisher: Furnisher
) -> None:
    answers = [
        {"id": "light", "sentences": ["turn on [the] living room light"]},
        {"id": "nothing", "sentences": ["nothing"]},
    ]
    heard = ask(furnisher, speaker, question="What shall I do?", preannounce=False, answers=answers)
    assert heard["id"] == "light"
    assert speech_s(decode(speaker.played()[0])) > 0.5


def ask(furnisher: Furnisher, speaker: Speaker, **data: Any) -> dict[str, Any]:
    """Ask a question; return what Home Assistant took from the answer."""
    result = furnisher.call(
        "call_service",
        domain="assist_satellite",
        service="ask_question",
        service_data={"entity_id": speaker.entity_id, **data},
        return_response=True,
    )
    return dict(result["response"])
