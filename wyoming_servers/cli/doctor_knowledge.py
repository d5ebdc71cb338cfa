"""The doctor's look at the household's documents: what embeds them, whether it fits, and where they are kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..conversation.knowledge.embedders.choice import LLAMA_CPP, NONE, engine_of
from ..conversation.knowledge.packages import require_postgres
from ..conversation.llama.gguf_file import read_gguf
from ..conversation.llama.memory import available_bytes, gib, require
from ..conversation.llama.model_choice import AUTO, models_in
from ..errors import SottoError
from ..health.finding import Verdict
from ..registry import KNOWLEDGE, find
from ..settings import Settings
from .doctor_llm import ENDPOINT_WITHIN_S, LLAMA_REMEDY
from .finding import Finding

MODELS = "embedding models"
CHOICE = "embedder"
DATABASE = "documents' database"
_EXAMPLES = "bge-m3 or Qwen3-Embedding-0.6B"


async def look_at_knowledge(settings: Settings) -> list[Finding]:
    """Return what there is to say."""
    findings = await asyncio.to_thread(_local, settings)
    if settings.knowledge.database:
        findings.append(await asyncio.to_thread(_database, settings.knowledge.database))
    engine = await asyncio.to_thread(engine_of, settings)
    if engine not in {NONE, LLAMA_CPP}:
        findings.append(await _endpoint(settings))
    return findings


def _local(settings: Settings) -> list[Finding]:
    return [_files(settings.folder(KNOWLEDGE)), *_choice(settings)]


def _files(folder: Path) -> Finding:
    names = [path.stem for path in models_in(folder)]
    if names:
        return Finding(Verdict.OK, MODELS, f"{', '.join(names)} in {folder}")
    return Finding(Verdict.NOTE, MODELS, f"none in {folder}", f"To add one: put MODEL.gguf there, such as {_EXAMPLES}.")


def _choice(settings: Settings) -> list[Finding]:
    """Choose as a start does; an endpoint is asked elsewhere."""
    knowledge = settings.knowledge
    if knowledge.embedder == NONE:
        return [Finding(Verdict.OK, CHOICE, "off, with --knowledge-embedder none: documents are found by their words")]
    engine = engine_of(settings)
    if engine == NONE:
        return [_none(settings)]
    if engine != LLAMA_CPP:
        return []
    try:
        return [Finding(Verdict.OK, CHOICE, f"{knowledge.embedder}: {_fitting(settings)}")]
    except SottoError as err:
        return [Finding(Verdict.PROBLEM, CHOICE, err.message, err.remedy)]


def _none(settings: Settings) -> Finding:
    folder = settings.folder(KNOWLEDGE)
    if settings.knowledge.model != AUTO or models_in(folder):
        return Finding(Verdict.NOTE, CHOICE, "none: there is a GGUF, but not the package llama_cpp", LLAMA_REMEDY)
    remedy = (
        f"To find by meaning too: script/setup --llama, and {_EXAMPLES} as GGUF in {folder}; or --knowledge-url "
        "http://HOST:PORT/v1."
    )
    return Finding(Verdict.NOTE, CHOICE, "none: documents are found by their words alone", remedy)


def _fitting(settings: Settings) -> str:
    """Say what the model takes of what is there; raises SottoError for a file that cannot be loaded."""
    spec = find(KNOWLEDGE, LLAMA_CPP)
    path = Path(spec.create(settings).path)
    size, available = read_gguf(path).size, available_bytes()
    require(size, 0, available, remedy="Choose a smaller model with --knowledge-model.")
    needed = f"llama_cpp, {path.stem}: {gib(size)}"
    return needed if available is None else f"{needed}; {gib(available)} are available"


def _database(url: str) -> Finding:
    """Look at the database that keeps the documents, where that is no file."""
    try:
        require_postgres()
        from ..conversation.knowledge.postgres_database import Database  # noqa: PLC0415 - it needs these packages

        database = Database(url)
        return Finding(Verdict.OK, DATABASE, f"{database.name}: {database.look()}")
    except SottoError as err:
        return Finding(Verdict.PROBLEM, DATABASE, err.message, err.remedy)


async def _endpoint(settings: Settings) -> Finding:
    """Have an endpoint embed something."""
    chosen = settings.knowledge.embedder
    try:
        embedder = await asyncio.to_thread(find(KNOWLEDGE, "openai").create, settings)
    except SottoError as err:
        return Finding(Verdict.PROBLEM, CHOICE, err.message, err.remedy)
    try:
        async with asyncio.timeout(ENDPOINT_WITHIN_S):
            await embedder.ready()
    except TimeoutError:
        detail = f"{embedder.status.detail} did not embed a word within {ENDPOINT_WITHIN_S:g} s"
        return Finding(Verdict.PROBLEM, CHOICE, detail, "See its log.")
    except SottoError as err:
        return Finding(Verdict.PROBLEM, CHOICE, err.message, err.remedy)
    finally:
        await embedder.stop()
    status = embedder.status
    detail = f"{chosen}: openai, {status.detail} embeds with {status.model}, {embedder.dimensions} dimensions"
    return Finding(Verdict.OK, CHOICE, detail)
