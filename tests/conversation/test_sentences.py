"""The sentences of the OHF set give the intents and slots that they must give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from wyoming_servers.conversation.languages import load_language
from wyoming_servers.conversation.names import Names
from wyoming_servers.conversation.recognizer import HERE, Command, Recognizer
from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot


def house(data: dict[str, Any]) -> HomeSnapshot:
    """Return the house that a file of sentences speaks of."""
    return HomeSnapshot(
        floors=tuple(Floor(each["name"], each["name"]) for each in data.get("floors", ())),
        areas=tuple(Area(each["name"], each["name"]) for each in data.get("areas", ())),
        entities=tuple(
            Entity(f"{each['domain']}.n{number}", each["name"], device_class=each.get("device_class"))
            for number, each in enumerate(data.get("entities", ()))
        ),
    )


def slots(command: Command | None) -> dict[str, Any] | None:
    """Return what a command says; the room in which it is said is not part of the sentence."""
    return {name: value for name, value in command.slots.items() if value != HERE} if command else None


def failures(folder: Path, language: str) -> Iterator[str]:
    for path in sorted(folder.glob("*/*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        recognizer = Recognizer(load_language(language), Names(house(data)))
        for test in data["tests"]:
            for sentence in test["sentences"]:
                command = recognizer.recognize(sentence)
                if command is None or command.intent != path.parent.name or slots(command) != test["slots"]:
                    yield f"{path.name}: {sentence}: {command}"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_sentence_gives_its_intent_and_slots(shared: Path, language: str) -> None:
    assert not list(failures(shared / "data" / "intents" / language, language))
