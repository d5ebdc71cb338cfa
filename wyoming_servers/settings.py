"""Every setting: its default, unit, range and meaning, once.

Flags (`--stt-model`), environment variables (`SOTTO_STT_MODEL`) and help texts are made from these
dataclasses, and values are checked against them, here and nowhere else.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import voluptuous as vol

from .errors import SettingsError
from .setting_values import default_data_dir as _default_data_dir
from .setting_values import number as _number
from .setting_values import optional_path as _optional_path
from .setting_values import optional_url as _optional_url
from .setting_values import path as _path
from .setting_values import paths as _paths
from .setting_values import setting as _setting
from .setting_values import thresholds as _thresholds
from .setting_values import words as _words

PORT = 10600
HTTP_PORT = 10601
WEB_PORT = 8099
CLIENT_URI_VARIABLE = "SOTTO_CLIENT_URI"
"""Which server the other commands of `sotto` talk to; no setting of a server."""


_BOOLEAN = vol.Boolean()
_SECONDS = _number(float, 0.0, 3600.0)


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """The port and its limits."""

    uri: str = _setting(f"tcp://0.0.0.0:{PORT}", str, "Where to listen: tcp://HOST:PORT or unix:///PATH")
    zeroconf: bool = _setting(True, _BOOLEAN, "Announce the server to Home Assistant on the local network")
    zeroconf_name: str = _setting("", str, "Name to announce; empty: sotto-HOSTNAME")
    max_connections: int = _setting(64, _number(int, 1, 4096), "Clients at once")
    idle_s: float = _setting(
        300.0, _number(float, 1.0, 86_400.0), "Seconds without an event after which a connection is closed"
    )
    data_dir: Path = _setting(_default_data_dir, _path, "Folder of models, voices and wake words")
    language: str = _setting("en", str, "Language of the household, such as en or zh-CN, where nothing else tells")

    @property
    def name(self) -> str:
        """What the server is called on the network."""
        return self.zeroconf_name or f"sotto-{socket.gethostname()}"


@dataclass(frozen=True, kw_only=True)
class WakeSettings:
    """Wake word detection."""

    engine: str = _setting("auto", str, "auto, openwakeword, or the URI of another Wyoming server")
    threshold: float = _setting(0.5, _number(float, 0.0, 1.0), "Probability from which a word counts as heard")
    thresholds: dict[str, float] = _setting(dict, _thresholds, "Thresholds of single words: okay_nabu=0.6,alexa=0.8")
    trigger_level: int = _setting(1, _number(int, 1, 50), "Consecutive 80 ms steps above the threshold that are needed")
    refractory_s: float = _setting(2.0, _SECONDS, "Seconds after a detection in which the word is not heard again")
    dir: Path | None = _setting(None, _optional_path, "Folder of custom .tflite words; default: DATA_DIR/wake")


@dataclass(frozen=True, kw_only=True)
class SttSettings:
    """Speech-to-text."""

    engine: str = _setting("auto", str, "auto, whisper, sensevoice, phrases, or the URI of another Wyoming server")
    model: str = _setting(
        "auto", str, "Whisper or SenseVoice model: a folder, or a name such as base; auto: the best on disk"
    )
    dir: Path | None = _setting(
        None, _optional_path, "Folder of models; default: DATA_DIR/whisper and DATA_DIR/sensevoice"
    )
    device: str = _setting("auto", vol.In(["auto", "cpu", "cuda"]), "Where Whisper computes: auto, cpu or cuda")
    compute_type: str = _setting("default", str, "CTranslate2 type such as int8 or float16; default: int8 on CPU")
    threads: int = _setting(0, _number(int, 0, 256), "CPU threads of either; 0: as many as there are cores, at most 4")
    beam_size: int = _setting(
        1, _number(int, 1, 10), "Hypotheses that Whisper follows; more is slower and a little better"
    )
    pause_s: float = _setting(0.25, _number(float, 0.1, 5.0), "Silence after which recognition starts on trial")
    silence_s: float = _setting(0.7, _number(float, 0.1, 5.0), "Silence that ends an utterance")
    complete_silence_s: float = _setting(
        0.4, _number(float, 0.1, 5.0), "Silence that ends an utterance that is a whole command already"
    )
    no_speech_s: float = _setting(8.0, _number(float, 1.0, 60.0), 'Seconds without speech after which "" is the answer')
    max_utterance_s: float = _setting(30.0, _number(float, 1.0, 600.0), "Longest utterance; what follows is not heard")


@dataclass(frozen=True, kw_only=True)
class TtsSettings:
    """Text-to-speech."""

    engine: str = _setting("auto", str, "auto, piper, espeak, or the URI of another Wyoming server")
    voice: str = _setting("", str, "Voice where neither the client nor the text's script decides; empty: by language")
    dir: Path | None = _setting(None, _optional_path, "Folder of Piper voices; default: DATA_DIR/piper")
    device: str = _setting("cpu", vol.In(["cpu", "cuda"]), "Where Piper computes; cpu is faster for short sentences")
    speed: float = _setting(1.0, _number(float, 0.25, 4.0), "Speed of speech; 2 is twice as fast")
    resident: int = _setting(3, _number(int, 1, 50), "Piper voices kept in memory")
    max_chars: int = _setting(20_000, _number(int, 100, 1_000_000), "Longest text that is spoken, in characters")


@dataclass(frozen=True, kw_only=True)
class ConversationSettings:
    """Understanding."""

    engine: str = _setting("auto", str, "auto (sentences of Home Assistant), or the URI of another Wyoming server")
    max_chars: int = _setting(2_000, _number(int, 10, 100_000), "Longest text that is read as a command, in characters")
    chatter: str = _setting(
        "answer",
        vol.In(["answer", "ignore"]),
        "What a satellite heard that asks nothing, wants nothing and is not about the home: answer, or ignore",
    )


@dataclass(frozen=True, kw_only=True)
class LlmSettings:
    """The language model, for what no sentence of Home Assistant covers."""

    engine: str = _setting(
        "auto",
        vol.In(["auto", "none", "llama_cpp", "openai"]),
        "auto (an endpoint if there is a URL, else a GGUF on disk, else none), none, llama_cpp or openai",
    )
    model: str = _setting(
        "auto",
        str,
        "GGUF file, its name in the folder, or an endpoint's model; auto: the largest file, or the first model",
    )
    dir: Path | None = _setting(None, _optional_path, "Folder of GGUF files; default: DATA_DIR/llm")
    context: int = _setting(8192, _number(int, 512, 1_048_576), "Tokens of prompt and answer that are kept in memory")
    gpu_layers: int = _setting(-1, _number(int, -1, 1000), "Layers on the GPU where there is one; -1: all")
    threads: int = _setting(0, _number(int, 0, 256), "CPU threads of the model; 0: as many as there are cores")
    idle_s: float = _setting(
        0.0, _number(float, 0.0, 604_800.0), "Seconds without a request after which its memory is freed; 0: never"
    )
    prefixes: int = _setting(4, _number(int, 0, 64), "Evaluated prompts that are kept on disk")
    url: str = _setting("", str, "OpenAI-compatible endpoint, such as http://gpu-box:8000/v1")
    key: str = _setting("", str, "API key of the endpoint", secret=True)
    fallback_url: str = _setting("", str, "Endpoint that answers while the first one does not")
    fallback_model: str = _setting("auto", str, "Name of a model of the endpoint that stands in; auto: its first")
    fallback_key: str = _setting("", str, "API key of the endpoint that stands in", secret=True)
    timeout_s: float = _setting(20.0, _number(float, 1.0, 600.0), "Seconds that a model may be silent")
    max_tokens: int = _setting(400, _number(int, 16, 16_384), "Longest answer, in tokens")
    temperature: float = _setting(0.2, _number(float, 0.0, 2.0), "How freely it speaks; 0: always the same")
    vision: bool = _setting(False, _BOOLEAN, "Whether the endpoints' models see images")


@dataclass(frozen=True, kw_only=True)
class KnowledgeSettings:
    """The household's own documents."""

    folders: tuple[Path, ...] = _setting(
        (), _paths, f"Folders whose documents are read, with {os.pathsep} between them; default: DATA_DIR/documents"
    )
    max_mb: int = _setting(256, _number(int, 1, 4096), "Largest document, in MB")
    passage_tokens: int = _setting(200, _number(int, 50, 1000), "Longest passage that is found as a whole, in tokens")
    overlap_tokens: int = _setting(40, _number(int, 0, 250), "Tokens of a passage that the next one repeats")
    precision: float = _setting(
        0.9, _number(float, 0.5, 0.999), "Part of the answers from documents that must have been asked for"
    )
    wait_s: float = _setting(1.0, _number(float, 0.01, 30.0), "Seconds that an answer waits for what documents say")
    embedder: str = _setting(
        "auto",
        vol.In(["auto", "none", "llama_cpp", "openai"]),
        "What finds by meaning: auto (an endpoint if there is a URL, else a GGUF on disk, else none), none, llama_cpp "
        "or openai",
    )
    model: str = _setting(
        "auto",
        str,
        "GGUF file of an embedding model, its name in the folder, or an endpoint's model; auto: the largest file, or "
        "the endpoint's first that embeds",
    )
    dir: Path | None = _setting(None, _optional_path, "Folder of embedding models; default: DATA_DIR/embedding")
    url: str = _setting("", str, "OpenAI-compatible endpoint that embeds, such as http://gpu-box:8000/v1")
    key: str = _setting("", str, "API key of the endpoint that embeds", secret=True)
    reranker: str = _setting(
        "", str, "GGUF file of a reranker, its name in the folder, or a model of the endpoint; empty: none"
    )
    idle_s: float = _setting(
        0.0, _number(float, 0.0, 604_800.0), "Seconds after which an idle embedding model's memory is freed; 0: never"
    )
    database: str = _setting(
        "", str, "Where documents are kept: postgresql://USER:PASSWORD@HOST/NAME; empty: in DATA_DIR", secret=True
    )


@dataclass(frozen=True, kw_only=True)
class ModelsSettings:
    """Models that are fetched."""

    fetch: str = _setting(
        "none", vol.In(["auto", "none"]), "auto (what fits this home and machine, in the background) or none"
    )
    mirror: str = _setting(
        "",
        _optional_url,
        "Address with the layout of huggingface.co that is asked first, such as https://hf-mirror.com",
    )
    catalogue: Path | None = _setting(None, _optional_path, "YAML file of further models that can be fetched")
    languages: tuple[str, ...] = _setting(
        (), _words, "Languages that models are for, such as en,zh-CN; default: the household's language"
    )


@dataclass(frozen=True, kw_only=True)
class MemorySettings:
    """Memory."""

    limit_mb: int = _setting(0, _number(int, 0, 1_048_576), "Memory that this server may take, in MB; 0: what there is")
    reserve_mb: int = _setting(0, _number(int, 0, 1_048_576), "Of it, MB left to others; 0: 8 %, and 150 to 1000 MB")


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """The HTTP door: the integration, OpenAI clients, health and metrics."""

    uri: str = _setting(f"tcp://0.0.0.0:{HTTP_PORT}", str, "Where HTTP listens: tcp://HOST:PORT; empty: nowhere")
    token: str = _setting(
        "", str, "Bearer token that clients must send; default: made at the first start, in DATA_DIR/token", secret=True
    )
    pairing_s: float = _setting(
        900.0,
        _number(float, 0.0, 86_400.0),
        "Seconds after a start in which the first client of this network may fetch the token; 0: never",
    )


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """The web page."""

    uri: str = _setting(
        f"tcp://127.0.0.1:{WEB_PORT}",
        str,
        "Where the web page is: tcp://HOST:PORT; empty: nowhere. From other "
        "machines, visitors sign in with the token of the HTTP door",
    )
    ingress: bool = _setting(False, _BOOLEAN, "Let in only who comes through Home Assistant's Ingress, without a token")
    ingress_peer: str = _setting("172.30.32.2", str, "IP address from which Ingress connects")


@dataclass(frozen=True, kw_only=True)
class HomeSettings:
    """The house."""

    source: str = _setting(
        "demo", str, "demo, a YAML file, or the URL of Home Assistant (http://homeassistant.local:8123)"
    )
    token: str = _setting("", str, "Long-lived access token of Home Assistant", secret=True)


_FOLDERS = {"stt": "whisper", "tts": "piper", "knowledge": "embedding"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of a process."""

    server: ServerSettings = field(default_factory=ServerSettings)
    wake: WakeSettings = field(default_factory=WakeSettings)
    stt: SttSettings = field(default_factory=SttSettings)
    tts: TtsSettings = field(default_factory=TtsSettings)
    conversation: ConversationSettings = field(default_factory=ConversationSettings)
    llm: LlmSettings = field(default_factory=LlmSettings)
    knowledge: KnowledgeSettings = field(default_factory=KnowledgeSettings)
    models: ModelsSettings = field(default_factory=ModelsSettings)
    memory: MemorySettings = field(default_factory=MemorySettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    web: WebSettings = field(default_factory=WebSettings)
    home: HomeSettings = field(default_factory=HomeSettings)

    def folder(self, section: str) -> Path:
        """Return the folder of a stage's models: its `dir`, or the one under the data folder."""
        chosen = getattr(self, section).dir
        return chosen or self.server.data_dir / _FOLDERS.get(section, section)


SECTIONS: dict[str, type[Any]] = {
    "server": ServerSettings,
    "wake": WakeSettings,
    "stt": SttSettings,
    "tts": TtsSettings,
    "conversation": ConversationSettings,
    "llm": LlmSettings,
    "knowledge": KnowledgeSettings,
    "models": ModelsSettings,
    "memory": MemorySettings,
    "http": HttpSettings,
    "web": WebSettings,
    "home": HomeSettings,
}

_BARE = {("home", "source"): "home", **{(section, "engine"): section for section in SECTIONS}}


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as a user writes it."""

    section: str
    name: str
    default: Any
    check: Any
    description: str
    secret: bool

    @property
    def key(self) -> str:
        """The name in words joined by `_`, such as `stt_model`, or `stt` for the stage's engine."""
        bare = _BARE.get((self.section, self.name))
        return bare or (self.name if self.section == "server" else f"{self.section}_{self.name}")

    @property
    def flag(self) -> str:
        """The command-line flag."""
        return "--" + self.key.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "SOTTO_" + self.key.upper()


def options() -> list[Option]:
    """Return every setting, in the order in which they are documented."""
    return [
        Option(section, each.name, _default_of(kind, each.name), **each.metadata)
        for section, kind in SECTIONS.items()
        for each in fields(kind)
    ]


def _default_of(kind: type[Any], name: str) -> Any:
    return getattr(kind(), name)


def from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the values given by environment variables, by option key.

    A secret may also stand in a file named by the variable with `_FILE` appended. Raises SettingsError when
    that file cannot be read, and for a SOTTO_ variable that does not exist.
    """
    known = {option.variable: option for option in options()}
    values = {}
    for variable, value in environment.items():
        if not variable.startswith("SOTTO_") or variable == CLIENT_URI_VARIABLE:
            continue
        option = known.get(variable)
        if option is not None:
            values[option.key] = value
        elif (secret := known.get(variable.removesuffix("_FILE"))) is not None and secret.secret:
            values[secret.key] = _read_secret(variable, Path(value))
        else:
            raise SettingsError(f"There is no setting {variable}.", remedy="`sotto run --help` lists them all.")
    return values


def _read_secret(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as err:
        raise SettingsError(f"{variable} names {path}, which cannot be read: {err.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{variable} names {path}, which is no text.") from None


def build(values: Mapping[str, Any]) -> Settings:
    """Return the settings with these values, by option key, in place of the defaults.

    Raises SettingsError naming the setting, its value and what it may be.
    """
    by_key = {option.key: option for option in options()}
    sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key, value in values.items():
        option = by_key.get(key)
        if option is None:
            raise SettingsError(f"There is no setting {key}.", remedy="`sotto run --help` lists them all.")
        sections[option.section][option.name] = _check(option, value)
    return Settings(**{section: kind(**sections[section]) for section, kind in SECTIONS.items()})


def _check(option: Option, value: Any) -> Any:
    try:
        return vol.Schema(option.check)(value)
    except vol.Invalid as err:
        shown = "(secret)" if option.secret else repr(value)
        raise SettingsError(f"{option.flag} is {shown}: {err.msg}.", remedy=f"{option.description}.") from None
