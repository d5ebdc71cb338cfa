"""Whatever the server says of errors and of memory is there in Chinese: a new sentence without it fails here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.web.worded import PLACE, Server
from wyoming_servers.settings import options

STATIC = Path(__file__).parents[2] / "wyoming_servers" / "web" / "static"
HAN = re.compile(r"[\u4e00-\u9fff]")
OF_THE_SYSTEM = {
    "No such file or directory",
    "Permission denied",
    "Is a directory",
    "Not a directory",
    "No space left on device",
    "Read-only file system",
    "Input/output error",
    "Disk quota exceeded",
}
"""Of `strerror`; many an error ends in one."""
MADE_OF_PARTS = re.compile(
    r"^\{day\} |^There is no (voice for the language|speaker of) |^The documents' database was damaged|；\{note\}$"  # noqa: RUF001
)
"""Sentences, or dates, that the source puts together."""
FOR_PROGRAMS = (
    "conversation.formats.calling",
    "front.routing",
    "front.server",
    "home.intents",
    "home.service",
    "home.templates",
    "http.bearer",
    "http.completion",
    "http.homes",
    "http.pairing",
    "http.turn",
    "protocol",
    "stt.utterance",
    "tts.server",
    "wake.listening",
)
"""What these say answers another program's request; the page makes no such."""
BEFORE_THE_PAGE = (
    "acceleration.image",
    "assembly",
    "cli",
    "conversation.endpoint.address",
    "conversation.languages",
    "home.yaml_home",
    "http.identity",
    "http.listening",
    "models.catalogue",
    "processor",
    "settings",
)
"""What these say is said in the terminal, where no server starts."""
NOT_SAID = {
    "only",
    "--web-ingress-peer is {}.",
    "Write an IP address.",
    "--{} is {}: {}.",
    "Write tcp://HOST:PORT.",
}
"""Names of fields, and what else is said in the terminal."""
WRITTEN_OUT = {"There is no {} {}."}
"""Of which each way to fill it in is a sentence of the table."""


def chinese() -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC / "zh-Hans.told.json").read_text())
    return found


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


def is_for_the_page(module: str) -> bool:
    return not any(module == each or module.startswith(f"{each}.") for each in (*FOR_PROGRAMS, *BEFORE_THE_PAGE))


def test_every_sentence_of_an_error_or_a_note_has_its_chinese(server: Server) -> None:
    known = {PLACE.sub("{}", english) for english in chinese()}
    said = {(module, sentence) for module, sentence in server.sentences() if is_for_the_page(module)}
    assert len(said) > 300
    missing = sorted((module, each) for module, each in said if each not in known | NOT_SAID | WRITTEN_OUT)
    assert missing == [], "put them with their Chinese into web/static/zh-Hans.told.json"


def test_every_setting_that_the_page_does_not_explain_itself_has_its_chinese() -> None:
    explained = json.loads((STATIC / "zh-Hans.json").read_text())
    unexplained = [each.description for each in options() if f"setting.{each.key}.about" not in explained]
    assert sorted(set(unexplained) - chinese().keys()) == []


def test_every_code_of_an_error_has_a_title(server: Server) -> None:
    assert {"no-memory", "document-broken", "own-model", "home-refused"} <= server.codes
    titles = json.loads((STATIC / "zh-Hans.json").read_text())
    assert sorted(code for code in server.codes if f"error.{code}" not in titles) == []


def test_nothing_is_translated_that_nobody_says(server: Server) -> None:
    """Each part of a sentence, between its values, stands in the source."""
    strings = server.strings()
    found = [each for each in chinese().keys() - OF_THE_SYSTEM if not MADE_OF_PARTS.search(each)]
    parts = {part for english in found for part in PLACE.split(english)}
    assert sorted(part for part in parts if len(part) > 3 and part not in strings) == []


def test_a_translation_has_the_same_places_and_is_one() -> None:
    for english, translation in chinese().items():
        assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(translation)), english
        assert HAN.search(translation) or english == "a PDF", english
