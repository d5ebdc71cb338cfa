"""`sotto doctor`: what is there, what runs on which back end, what is missing and the command that adds it."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from wyoming.info import Artifact, Info

from .. import __version__
from ..assembly import make_home
from ..conversation.knowledge import packages
from ..errors import RemoteError, SottoError
from ..health.finding import Verdict
from ..home.home_assistant import HomeAssistantHome
from ..home.model import Home
from ..pipeline.assistant import Assistant, UnreachableError
from ..registry import ENGINES, EngineSpec
from ..settings import Settings
from ..stt.sensevoice.model import WEIGHTS, folder_of
from .doctor_health import look_at_machine, told_by_server
from .doctor_http import look_at_http
from .doctor_knowledge import look_at_knowledge
from .doctor_llm import LLAMA_REMEDY, look_at_llm
from .finding import Finding
from .run import read_settings

EXIT_OK = 0
EXIT_PROBLEM = 1
HOME_WITHIN_S = 15.0
"""As long as a busy Home Assistant may take to send a large house."""


async def doctor(args: argparse.Namespace) -> int:
    """Print every finding; fails if one is a problem."""
    settings = read_settings(args)
    findings = [*_local(settings), *await _around_server(settings, args.uri, args.language)]
    for finding in findings:
        print(f"{finding.verdict:<8}{finding.subject:<22}{finding.detail}")
        if finding.remedy:
            print(f"{'':<30}→ {finding.remedy}")
    return EXIT_PROBLEM if any(finding.verdict is Verdict.PROBLEM for finding in findings) else EXIT_OK


async def _around_server(settings: Settings, uri: str, language: str | None) -> list[Finding]:
    """Look at what a server that runs tells itself, and at all else; at everything where none does."""
    told = await told_by_server(settings, language)
    http = await look_at_http(settings)
    llm = await look_at_llm(settings, is_told=told is not None and http.has_model)
    findings = [*llm, *await look_at_knowledge(settings), http.door, *await _server(uri)]
    if told is not None:
        return [*findings, *told]
    token = [http.token] if http.token is not None else []
    return [*findings, *token, await _home(settings), *await look_at_machine(settings, language)]


def _local(settings: Settings) -> Iterator[Finding]:
    yield Finding(
        Verdict.OK, "sotto", f"{__version__}, Python {platform.python_version()}, {platform.machine()}, {_cores()}"
    )
    yield from (_engine(spec) for spec in ENGINES)
    yield _documents()
    yield _whisper_models(settings.folder("stt"))
    yield _files(folder_of(settings), f"*/{WEIGHTS}", "SenseVoice models", "sotto models fetch sensevoice-small")
    yield _files(settings.folder("tts"), "*.onnx", "Piper voices", "put VOICE.onnx and VOICE.onnx.json there")
    yield _files(settings.folder("wake"), "*.tflite", "own wake words", "put WORD.tflite there")


def _cores() -> str:
    return f"{len(os.sched_getaffinity(0))} CPU cores" if sys.platform == "linux" else f"{os.cpu_count()} CPU cores"


def _engine(spec: EngineSpec) -> Finding:
    subject = f"{spec.stage}: {spec.name}"
    if spec.missing:
        remedy = LLAMA_REMEDY if spec.name == "llama_cpp" else spec.remedy
        return Finding(Verdict.NOTE, subject, f"the package {', '.join(spec.missing)} is missing", remedy)
    return Finding(Verdict.OK, subject, "installed")


def _documents() -> Finding:
    if modules := packages.missing():
        detail = f"cannot be read or searched: the package {', '.join(modules)} is missing"
        return Finding(Verdict.NOTE, "documents", detail, packages.REMEDY)
    return Finding(Verdict.OK, "documents", "PDF, DOCX, HTML, Markdown, plain text and CSV can be read and searched")


async def _home(settings: Settings) -> Finding:
    """Read the house that is configured, once; the server does it in its own process."""
    source = settings.home.source
    try:
        home = await asyncio.to_thread(make_home, settings)
    except SottoError as err:
        return Finding(Verdict.PROBLEM, "home", err.message, err.remedy)
    if not isinstance(home, HomeAssistantHome):
        return _home_assistant_package() if source == "demo" else Finding(Verdict.OK, "home", _known(home, source))
    await home.start()
    try:
        async with asyncio.timeout(HOME_WITHIN_S):
            await home.settled()
    except TimeoutError:
        return Finding(Verdict.PROBLEM, "home", f"{source} did not answer within {HOME_WITHIN_S:g} s")
    finally:
        error = home.error
        await home.stop()
    if error is not None:
        return Finding(Verdict.PROBLEM, "home", f"{source}: {error.message}", error.remedy)
    if not home.snapshot.entities:
        remedy = "In Home Assistant: Settings, Voice assistants, Expose."
        return Finding(Verdict.NOTE, "home", f"{source}: nothing is exposed to Assist", remedy)
    return Finding(Verdict.OK, "home", _known(home, source))


def _known(home: Home, source: str) -> str:
    house = home.snapshot
    return f"{source}: {len(house.entities)} entities in {len(house.areas)} areas"


def _home_assistant_package() -> Finding:
    if find_spec("homeassistant_api") is None:
        return Finding(
            Verdict.NOTE, "home", "a real Home Assistant's names cannot be read", "pip install 'sotto[homeassistant]'"
        )
    return Finding(Verdict.OK, "home", "the names of a real Home Assistant can be read: --home http://…:8123")


def _whisper_models(folder: Path) -> Finding:
    return _files(
        folder, "*/model.bin", "Whisper models", "put a CTranslate2 Whisper model in a folder of its own there"
    )


def _files(folder: Path, pattern: str, subject: str, remedy: str) -> Finding:
    names = sorted(path.parent.name if "/" in pattern else path.stem for path in folder.glob(pattern))
    if names:
        return Finding(Verdict.OK, subject, f"{', '.join(names)} in {folder}")
    return Finding(Verdict.NOTE, subject, f"none in {folder}", f"To add one: {remedy}.")


async def _server(uri: str) -> list[Finding]:
    try:
        info = await Assistant(uri).describe()
    except UnreachableError as err:
        return [Finding(Verdict.NOTE, "server", err.message, err.remedy)]
    except RemoteError as err:
        return [Finding(Verdict.PROBLEM, "server", err.message, err.remedy)]
    return [Finding(Verdict.OK, "server", f"answers at {uri}"), *_programs(info)]


def _programs(info: Info) -> Iterator[Finding]:
    offered: dict[str, list[tuple[str, Sequence[Artifact]]]] = {
        "wake": [(each.name, each.models) for each in info.wake],
        "stt": [(each.name, each.models) for each in info.asr],
        "conversation": [(each.name, each.models) for each in info.intent],
        "tts": [(each.name, each.voices) for each in info.tts],
    }
    for stage, programs in offered.items():
        for name, models in programs:
            shown = ", ".join(model.name for model in models[:5]) + (", …" if len(models) > 5 else "")
            yield Finding(Verdict.OK, f"server: {stage}", f"{name}: {shown} ({len(models)})")
        if not programs:
            yield Finding(Verdict.NOTE, f"server: {stage}", "is not offered by this server")
