"""The house that the conversation's tests speak of."""

from __future__ import annotations

import pytest

from wyoming_servers.conversation.languages import load_language
from wyoming_servers.conversation.names import Names
from wyoming_servers.conversation.recognizer import Recognizer
from wyoming_servers.conversation.understanding import Understanding
from wyoming_servers.home.demo import DEMO_HOUSE, DemoHome


@pytest.fixture(scope="session")
def names() -> Names:
    return Names(DEMO_HOUSE)


@pytest.fixture(scope="session")
def english(names: Names) -> Recognizer:
    return Recognizer(load_language("en"), names)


@pytest.fixture(scope="session")
def chinese(names: Names) -> Recognizer:
    return Recognizer(load_language("zh-CN"), names)


@pytest.fixture(scope="session")
def understanding() -> Understanding:
    loaded = Understanding(DemoHome(), "en", 200)
    loaded.load()
    return loaded
