"""The doctor's look at the language model: what a start would choose, whether it fits, and who answers elsewhere."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..assembly import make_mind
from ..conversation.endpoint.models import AUTO, choose
from ..conversation.llama.compiled import COMPILE_HERE, LACKS_INSTRUCTIONS
from ..conversation.llama.gguf_file import read_gguf
from ..conversation.llama.memory import available_bytes, gib, require
from ..conversation.llama.model_choice import find_model, models_in
from ..errors import SottoError
from ..health.finding import Verdict
from ..health.gpu import DEVICES
from ..registry import LLM, engines_of, find
from ..settings import Settings
from .finding import Finding

CHOICE = "language model"
LLAMA_REMEDY = "Install it with: script/setup --llama, or: pip install 'sotto[llama]'. It is compiled, for minutes."
ENDPOINT_WITHIN_S = 5.0
_BUILD_WITHIN_S = 60.0
"""A CUDA library takes a while to come off an SD card."""
_ALWAYS_NEEDED = frozenset({"pypinyin", "rapidfuzz"})
_GPU_DEVICES = tuple(map(Path, DEVICES))
_CUDA_REMEDY = (
    "For the GPU: CMAKE_ARGS=-DGGML_CUDA=on pip install --force-reinstall --no-deps --no-cache-dir llama-cpp-python"
)
_ASK_BUILD = f"""
from {__package__.partition(".")[0]}.conversation.llama import backends, native
from llama_cpp.llama_cpp import llama_supports_gpu_offload
backends.load_backends()
print(int(llama_supports_gpu_offload()), native.gpu_memory(), backends.kind_of_cpu())
"""


@dataclass(frozen=True)
class Build:
    """What the installed llama.cpp can do here."""

    uses_gpu: bool
    free_gpu_bytes: int
    """Of memory of the GPU's own."""
    kind_of_cpu: str = ""
    """Whose code it computes with, where it has code for several kinds of processor."""


async def look_at_llm(settings: Settings, *, is_told: bool = False) -> list[Finding]:
    """Return what there is to say; where a server tells how its model is, not what a start would choose."""
    missing = await asyncio.to_thread(_missing)
    if lacking := missing & _ALWAYS_NEEDED:
        detail = f"the package {', '.join(sorted(lacking))} is missing"
        return [Finding(Verdict.NOTE, CHOICE, detail, "Install it with: pip install 'sotto[resolver]'")]
    findings = [await asyncio.to_thread(_files, settings.folder(LLM))]
    build = None
    if "llama_cpp" not in missing:
        build, finding = await _build()
        findings.append(finding)
    if not is_told:
        findings.append(await asyncio.to_thread(_choice, settings, build))
    return findings if "openai" in missing else [*findings, *await _endpoints(settings)]


def _missing() -> frozenset[str]:
    needed = {*_ALWAYS_NEEDED, *(module for spec in engines_of(LLM) for module in spec.modules)}
    return frozenset(name for name in needed if find_spec(name) is None)


def _files(folder: Path) -> Finding:
    names = [path.stem for path in models_in(folder)]
    if names:
        return Finding(Verdict.OK, "GGUF models", f"{', '.join(names)} in {folder}")
    remedy = "To add one: put MODEL.gguf there, such as Qwen3 or Llama 3 with 1 to 8 billion parameters."
    return Finding(Verdict.NOTE, "GGUF models", f"none in {folder}", remedy)


def _choice(settings: Settings, build: Build | None) -> Finding:
    """Choose as a start does."""
    chosen = settings.llm.engine
    if chosen == "none":
        return Finding(Verdict.OK, CHOICE, "off, with --llm none")
    missing = find(LLM, "llama_cpp").missing
    if chosen == "auto" and not settings.llm.url and missing and models_in(settings.folder(LLM)):
        return Finding(Verdict.NOTE, CHOICE, "none: there is a GGUF, but not the package llama_cpp", LLAMA_REMEDY)
    try:
        mind = make_mind(settings)
        if mind is None or not mind.is_there:
            return _none(settings)
        if mind.status.engine == "llama_cpp":
            return Finding(Verdict.OK, CHOICE, f"{chosen}: {_fitting(settings, build)}")
    except SottoError as err:
        return Finding(Verdict.PROBLEM, CHOICE, err.message, err.remedy)
    return Finding(Verdict.OK, CHOICE, f"{chosen}: {mind.status.engine}, the model {mind.status.model}")


def _none(settings: Settings) -> Finding:
    remedy = (
        f"To add one: script/setup --llama, and a GGUF in {settings.folder(LLM)}; or --llm-url http://HOST:PORT/v1."
    )
    return Finding(Verdict.NOTE, CHOICE, "none: only what Home Assistant has sentences for is understood", remedy)


def _fitting(settings: Settings, build: Build | None) -> str:
    """Say what the model takes of what is there; raises SottoError for a file that cannot be loaded."""
    context = settings.llm.context
    path = find_model(settings.folder(LLM), settings.llm.model)
    file = read_gguf(path)
    cache, available = file.cache_bytes(context), available_bytes()
    if build is not None and available is not None and settings.llm.gpu_layers != 0:
        available += build.free_gpu_bytes
    needed = f"llama_cpp, {path.stem}: {gib(file.size)}, and {gib(cache)} for {context} tokens"
    require(file.size, cache, available)
    return needed if available is None else f"{needed}; {gib(available)} are available"


async def _build() -> tuple[Build | None, Finding]:
    """Load llama.cpp in a process of its own, which it may break, and ask it."""
    name = f"llama-cpp-python {await asyncio.to_thread(_version)}"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _ASK_BUILD, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(_BUILD_WITHIN_S):
            output, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
        return None, Finding(Verdict.PROBLEM, "llm: llama.cpp", f"{name}: did not load in {_BUILD_WITHIN_S:g} s")
    *_, last = b"", *output.splitlines()
    answer = last.decode().split()
    if process.returncode == -signal.SIGILL:
        return None, Finding(Verdict.PROBLEM, "llm: llama.cpp", f"{name}: {LACKS_INSTRUCTIONS}", COMPILE_HERE)
    if process.returncode != 0 or len(answer) < 2:
        return None, Finding(Verdict.PROBLEM, "llm: llama.cpp", f"{name}: {_last_line(errors)}", LLAMA_REMEDY)
    build = Build(answer[0] == "1", int(answer[1]), *answer[2:])
    return build, await asyncio.to_thread(_of_build, name, build)


def _of_build(name: str, build: Build) -> Finding:
    if build.uses_gpu:
        memory = f"; {gib(build.free_gpu_bytes)} of its memory are free" if build.free_gpu_bytes else ""
        return Finding(Verdict.OK, "llm: llama.cpp", f"{name}, can use a GPU{memory}")
    kind = f" ({build.kind_of_cpu})" if build.kind_of_cpu else ""
    told = f"{name}, built for the CPU{kind}"
    if any(device.exists() for device in _GPU_DEVICES):
        return Finding(Verdict.NOTE, "llm: llama.cpp", f"{told}; there is a GPU here", _CUDA_REMEDY)
    return Finding(Verdict.OK, "llm: llama.cpp", told)


def _version() -> str:
    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return "of unknown version"


def _last_line(errors: bytes) -> str:
    lines = errors.decode("utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it ended without a word"


async def _endpoints(settings: Settings) -> list[Finding]:
    llm = settings.llm
    if not llm.url or llm.engine not in {"auto", "openai"}:
        return []
    asked = [_endpoint("endpoint", "--llm-url", llm.url, llm.key, llm.model)]
    if llm.fallback_url:
        where = ("fallback endpoint", "--llm-fallback-url", llm.fallback_url)
        asked.append(_endpoint(*where, llm.fallback_key, llm.fallback_model))
    return await asyncio.gather(*asked)


async def _endpoint(subject: str, flag: str, url: str, key: str, wanted: str) -> Finding:
    """Ask an endpoint for its list of models."""
    from ..conversation.endpoint import address, connection, failure  # noqa: PLC0415 - it needs the package openai

    try:
        where = address.parse_address(url, key, flag=flag)
        asked = connection.Connection(where, ENDPOINT_WITHIN_S)
        try:
            listing = await asked.listing()
        except connection.RefusedError as err:
            return _refused(subject, wanted, err.refusal.status, failure.error_of(err.refusal, where.host))
        finally:
            await asked.close()
    except SottoError as err:
        return Finding(Verdict.PROBLEM, subject, err.message, err.remedy)
    return _listed(subject, where.host, listing, wanted)


def _refused(subject: str, wanted: str, status: int, error: SottoError) -> Finding:
    if wanted != AUTO and status in {404, 405, 501}:
        return Finding(Verdict.OK, subject, f"answers, and lists no models; {wanted} is asked for")
    return Finding(Verdict.PROBLEM, subject, error.message, error.remedy)


def _listed(subject: str, host: str, listing: Mapping[str, Any], wanted: str) -> Finding:
    data = listing.get("data")
    entries = data if isinstance(data, list) else []
    names = [str(each["id"]) for each in entries if isinstance(each, dict) and each.get("id")]
    taken = choose(listing, wanted)
    if taken is None:
        return Finding(Verdict.PROBLEM, subject, f"{host} has no model", "Load one there.")
    lists = f"{host} lists {', '.join(names[:5]) or 'no models'}{', …' if len(names) > 5 else ''}"
    if taken.name not in names:
        return Finding(Verdict.NOTE, subject, f"{lists}; {wanted} is asked for", "See the name in --llm-model.")
    context = f" ({taken.context_tokens} tokens)" if taken.context_tokens else ""
    return Finding(Verdict.OK, subject, f"{lists}; {taken.name}{context} is used")
