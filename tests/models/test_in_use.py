"""Which models are in use, as the services themselves say it."""

from __future__ import annotations

from typing import Any

from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Info, TtsProgram, TtsVoice

from tests.http.scripted_model import ScriptedModel, saying
from wyoming_servers.conversation.engine import ModelState
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.front.remote import RemoteService
from wyoming_servers.host import EngineReport, EngineState
from wyoming_servers.models.in_use import InUse
from wyoming_servers.protocol.connection import Connection
from wyoming_servers.protocol.service import Service, Stage

BY = Attribution("", "")
MORE: dict[str, Any] = {"attribution": BY, "installed": True, "description": None, "version": None}


class Offering(Service):
    def __init__(self, info: Info, remote: str | None = None, state: EngineState = EngineState.READY) -> None:
        self._info = info
        self._remote = remote
        self.state = state

    @property
    def info(self) -> Info:
        return self._info

    @property
    def reports(self) -> list[EngineReport]:
        models = [model.name for program in self._info.asr for model in program.models]
        return [EngineReport("any", name, self.state, "cpu", remote=self._remote) for name in models or ["any"]]

    async def serve(self, connection: Connection, first: Event) -> None:
        raise NotImplementedError


def ears(name: str, remote: str | None = None) -> Offering:
    model = AsrModel(name=name, languages=["en"], **MORE)
    return Offering(Info(asr=[AsrProgram(name="whisper", models=[model], **MORE)]), remote)


def mouth(*names: str) -> Offering:
    voices = [TtsVoice(name=name, languages=["en"], **MORE) for name in names]
    return Offering(Info(tts=[TtsProgram(name="piper", voices=voices, **MORE)]))


def test_they_are_called_as_engines_call_them() -> None:
    mind = Mind(ScriptedModel(saying("Hello.")))
    services = {Stage.STT: ears("base.en"), Stage.TTS: mouth("en_US-lessac-medium", "zh_CN-huayan-medium")}
    names = InUse(services, mind, None).names()
    assert names == {"base.en", "en_US-lessac-medium", "zh_CN-huayan-medium", mind.status.model}


def test_only_what_is_loaded_works() -> None:
    hearing, thinking = ears("base"), ScriptedModel(saying("Hello."))
    used = InUse({Stage.STT: hearing}, Mind(thinking), None)
    assert used.working() == {"base", thinking.status.model}
    hearing.state = EngineState.LOADING
    thinking.be(ModelState.ASLEEP)
    assert used.working() == {thinking.status.model}
    hearing.state = EngineState.FAILED
    thinking.be(ModelState.FAILED)
    assert used.working() == frozenset()
    assert InUse({Stage.STT: ears("base", "tcp://gpu-box:10300")}, None, None).working() == frozenset()


def test_those_of_another_machine_are_none_of_ours() -> None:
    assert InUse({Stage.STT: ears("base", "tcp://gpu-box:10300")}, None, None).names() == frozenset()
    assert InUse({Stage.STT: RemoteService(Stage.STT, "tcp://gpu-box:10300")}, None, None).names() == frozenset()
