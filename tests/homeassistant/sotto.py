"""Sotto as its users run it beside a real Home Assistant: a process, added by the config flow, with a pipeline."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant
from tests.program import ROOT, Program, free_port, sotto_command, sotto_environment

FLOW = "/api/config/config_entries/flow"
ESTABLISHED = "01"
"""How Linux writes that state of a TCP connection."""


@dataclass(frozen=True)
class Entities:
    """What Home Assistant made of Sotto's one entry."""

    conversation: str
    stt: str
    tts: str
    wake_word: str


class Sotto(Program):
    """A process `sotto run`, and, once added, what Home Assistant has of it: `entry_id`, `entities`, `pipeline_id`."""

    def __init__(self, home_assistant: HomeAssistant, folder: Path, *options: str, http_uri: str = "") -> None:
        """`options` are more of those of `sotto run`; without `http_uri` there is no HTTP door."""
        super().__init__(folder / "sotto.log")
        self.home_assistant = home_assistant
        self.port = free_port()
        self._options = options
        self._http_uri = http_uri
        self.entry_id = ""
        self.pipeline_id = ""
        self.entities = Entities("", "", "", "")
        self._folder = folder

    def start(self) -> None:
        """Start it; return when it knows the house, and what it can do is all there."""
        self._start("--uri", f"tcp://127.0.0.1:{self.port}", "--home", self.home_assistant.url, "--zeroconf", "no")
        self.wait_until(lambda: "Following Home Assistant" in self.log_since_start)
        self.wait_until(self._is_complete)

    def start_alone(self, uri: str) -> None:
        """Start it with nothing else than an address; return when it has announced itself."""
        self._start("--uri", uri)
        self.wait_until(lambda: "Announced as" in self.log_since_start)

    def _start(self, *options: str) -> None:
        token = self._folder / "token"
        token.touch(mode=0o600)
        token.write_text(self.home_assistant.token)
        own = {"SOTTO_HTTP_URI": self._http_uri, "SOTTO_WEB_URI": "", "SOTTO_HOME_TOKEN_FILE": str(token)}
        self.launch(
            sotto_command("run", "--language", "en", *options, *self._options),
            sotto_environment(self._folder / "data", **own),
        )

    def pause(self) -> None:
        """Let it do nothing more, as a machine that swaps; connections are made, and wait."""
        self.send_signal(signal.SIGSTOP)

    def clients(self) -> frozenset[str]:
        """Return the addresses of those who are connected to it."""
        lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        mine = (line for line in lines if line[1].endswith(f":{self.port:04X}"))
        return frozenset(remote for _, _, remote, state, *_ in mine if state == ESTABLISHED)

    def restart(self) -> None:
        """Stop it if it runs, and start it again on the same port."""
        self.stop()
        self.start()

    def add(self) -> None:
        """Add it to Home Assistant as a user does: host and port, and a pipeline of its four entities."""
        self.entry_id = add_to_home_assistant(self.home_assistant, self.port)
        with self.home_assistant.administrator() as admin:
            self.entities = entities_of(Furnisher(admin), self.entry_id)
            self.pipeline_id = make_pipeline(Furnisher(admin), self.entities)

    def remove(self) -> None:
        """Take the pipeline and the entry away again."""
        if self.pipeline_id:
            with self.home_assistant.administrator() as admin:
                delete_pipeline(Furnisher(admin), self.pipeline_id)
        if self.entry_id:
            self.home_assistant.delete(f"/api/config/config_entries/entry/{self.entry_id}")

    def describe(self) -> dict[str, Any]:
        """Return its Info, as a client that asks `describe` gets it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as sock, sock.makefile("rwb") as stream:
            stream.write(b'{"type": "describe"}\n')
            stream.flush()
            header = json.loads(stream.readline())
            info: dict[str, Any] = json.loads(stream.read(header["data_length"]))
        return info

    def _is_complete(self) -> bool:
        info = self.describe()
        models = (("asr", "models"), ("tts", "voices"), ("wake", "models"))
        return all(info[kind] and info[kind][0][of] for kind, of in models)


def add_to_home_assistant(home_assistant: HomeAssistant, port: int) -> str:
    """Add a Wyoming server on loopback by the config flow; return the entry's id."""
    flow = home_assistant.post(FLOW, {"handler": "wyoming", "show_advanced_options": False})
    result = home_assistant.post(f"{FLOW}/{flow['flow_id']}", {"host": "127.0.0.1", "port": port})
    return str(result["result"]["entry_id"])


def entities_of(furnisher: Furnisher, entry_id: str) -> Entities:
    """Return the four entities of an entry."""
    entries = furnisher.call("config/entity_registry/list")
    found = [entry["entity_id"] for entry in entries if entry["config_entry_id"] == entry_id]
    return Entities(**{entity_id.partition(".")[0]: entity_id for entity_id in found})


def make_pipeline(furnisher: Furnisher, entities: Entities, *, language: str = "en") -> str:
    """Make a pipeline that uses all four, preferred from then on; return its id.

    Where an engine has the language only for countries, the dashboard takes the one that fits best; so here. Without
    speech-to-text in the language, the pipeline has none.
    """

    def of_engine(stage: str, engine_id: str) -> str | None:
        providers = furnisher.call(f"{stage}/engine/list", language=language)["providers"]
        supported = next(each["supported_languages"] for each in providers if each["engine_id"] == engine_id)
        return str(supported[0]) if supported else None

    heard = of_engine("stt", entities.stt)

    pipeline = furnisher.call(
        "assist_pipeline/pipeline/create",
        name="Sotto",
        language=language,
        conversation_engine=entities.conversation,
        conversation_language=language,
        stt_engine=entities.stt if heard else None,
        stt_language=heard,
        tts_engine=entities.tts,
        tts_language=of_engine("tts", entities.tts),
        tts_voice=None,
        wake_word_entity=entities.wake_word,
        wake_word_id="okay_nabu",
        prefer_local_intents=False,
    )
    furnisher.call("assist_pipeline/pipeline/set_preferred", pipeline_id=pipeline["id"])
    return str(pipeline["id"])


def delete_pipeline(furnisher: Furnisher, pipeline_id: str) -> None:
    """Delete a pipeline, and prefer another."""
    pipelines = furnisher.call("assist_pipeline/pipeline/list")["pipelines"]
    other = next(pipeline["id"] for pipeline in pipelines if pipeline["id"] != pipeline_id)
    furnisher.call("assist_pipeline/pipeline/set_preferred", pipeline_id=other)
    furnisher.call("assist_pipeline/pipeline/delete", pipeline_id=pipeline_id)


@pytest.fixture(scope="module")
def sotto(home_assistant: HomeAssistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sotto]:
    """A Sotto that Home Assistant knows, with its preferred pipeline `pipeline_id`. Its log is kept."""
    process = Sotto(home_assistant, tmp_path_factory.mktemp("sotto"))
    try:
        process.start()
        process.add()
        yield process
        process.remove()
    finally:
        process.stop()
        kept = ROOT / "test-output" / "sotto.log"
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(process.log)
