"""Fixtures of the speech-to-text stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stand_ins import MakeSpeech
from tests.stt_stage import SENTENCE, StubEngine, make_service
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.settings import build
from wyoming_servers.stt.server import SttService


@pytest.fixture
def engine() -> StubEngine:
    return StubEngine()


@pytest.fixture
def service(engine: StubEngine) -> SttService:
    return make_service(engine)


@pytest.fixture
def whisper(whisper_models: Path) -> SttService:
    return SttService(build({"stt": "whisper", "stt_dir": whisper_models, "stt_model": "nano"}), DemoHome())


@pytest.fixture(scope="session")
def speech(make_speech: MakeSpeech) -> bytes:
    return make_speech(SENTENCE)
