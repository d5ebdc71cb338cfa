"""What `describe` answers: all stages together, made anew when one of them changes."""

from __future__ import annotations

from typing import Any

from wyoming.event import Event
from wyoming.info import Attribution, Info, TtsProgram, TtsVoice, WakeProgram

from wyoming_servers.front.info import Description
from wyoming_servers.protocol.connection import Connection
from wyoming_servers.protocol.service import Service, Stage

ABOUT: dict[str, Any] = {
    "attribution": Attribution("nobody", ""),
    "installed": True,
    "description": None,
    "version": None,
}


class Offers(Service):
    def __init__(self, stage: Stage, offer: Info) -> None:
        self.stage = stage  # type: ignore[misc]
        self.offer = offer

    @property
    def info(self) -> Info:
        return self.offer

    async def serve(self, connection: Connection, first: Event) -> None:
        raise AssertionError


def speaking(*names: str) -> Info:
    voices = [TtsVoice(name=name, languages=["en"], **ABOUT) for name in names]
    return Info(tts=[TtsProgram(name="sotto", voices=voices, **ABOUT)])


def waking(name: str) -> Info:
    return Info(wake=[WakeProgram(name=name, models=[], **ABOUT)])


def test_the_stages_are_described_together_as_the_wyoming_package_would() -> None:
    services = {Stage.WAKE: Offers(Stage.WAKE, waking("w")), Stage.TTS: Offers(Stage.TTS, speaking("anna"))}
    together = Info(wake=waking("w").wake, tts=speaking("anna").tts)
    assert Description(services).event() == together.event()


def test_without_stages_nothing_is_offered() -> None:
    assert Description({}).event() == Info().event()


def test_a_change_is_described_and_what_did_not_change_is_not_made_anew() -> None:
    tts, wake = Offers(Stage.TTS, speaking("anna")), Offers(Stage.WAKE, waking("w"))
    description = Description({Stage.TTS: tts, Stage.WAKE: wake})
    before = description.event()
    wake.offer = waking("w")
    again = description.event()
    assert again.data["wake"][0] is before.data["wake"][0]
    tts.offer = speaking("anna", "bernd")
    after = description.event()
    assert [voice["name"] for voice in after.data["tts"][0]["voices"]] == ["anna", "bernd"]
    assert [voice["name"] for voice in before.data["tts"][0]["voices"]] == ["anna"]
    assert after.data["wake"][0] is before.data["wake"][0]
