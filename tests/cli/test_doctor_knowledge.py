"""What `sotto doctor` says of documents: what reads and embeds them, or the file or command that would."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import RunSotto
from tests.cli.test_doctor_llm import only, settings_of
from tests.conversation.scripted_endpoint import refuses
from tests.knowledge.embedding_endpoint import EmbeddingEndpoint
from tests.knowledge.postgres_server import PostgresServer, postgres
from tests.stand_in_embedders import make_embedder
from wyoming_servers.cli import doctor_knowledge
from wyoming_servers.cli.doctor_knowledge import look_at_knowledge
from wyoming_servers.health.finding import Verdict
from wyoming_servers.registry import EngineSpec

__all__ = ["postgres"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_embedder("nano", tmp_path_factory.mktemp("embedding") / "bge.gguf")


@pytest.fixture
async def with_model(tmp_path: Path, model: Path) -> Path:
    """Return a data folder in which there is a model that embeds."""
    await asyncio.to_thread((tmp_path / "embedding").mkdir)
    await asyncio.to_thread(shutil.copy, model, tmp_path / "embedding")
    return tmp_path


async def test_a_model_on_disk_is_chosen_and_held_against_the_memory(with_model: Path) -> None:
    findings = await look_at_knowledge(settings_of(with_model))
    chosen = only(findings, "embedder")
    assert chosen.verdict is Verdict.OK
    assert chosen.detail.startswith("auto: llama_cpp, bge: 1.5 MiB; ")
    assert only(findings, "embedding models").detail == f"bge in {with_model / 'embedding'}"


async def test_without_a_model_it_says_what_adds_one(tmp_path: Path) -> None:
    findings = await look_at_knowledge(settings_of(tmp_path))
    chosen = only(findings, "embedder")
    assert chosen.verdict is Verdict.NOTE
    assert "by their words alone" in chosen.detail
    assert all(
        part in chosen.remedy for part in ("script/setup --llama", str(tmp_path / "embedding"), "--knowledge-url")
    )
    assert "MODEL.gguf" in only(findings, "embedding models").remedy


async def test_a_model_without_llama_cpp_tells_how_to_install_it(
    with_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EngineSpec, "missing", property(lambda spec: spec.modules))
    chosen = only(await look_at_knowledge(settings_of(with_model)), "embedder")
    assert (chosen.verdict, chosen.detail) == (
        Verdict.NOTE,
        "none: there is a GGUF, but not the package llama_cpp",
    )
    assert "script/setup --llama" in chosen.remedy


async def test_a_model_that_is_none_or_too_large_is_a_problem(
    with_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_knowledge, "available_bytes", lambda: 2**20)
    too_large = only(await look_at_knowledge(settings_of(with_model)), "embedder")
    assert "1.0 MiB are available" in too_large.detail
    await asyncio.to_thread((with_model / "embedding" / "bge.gguf").write_text, "milk")
    none = only(await look_at_knowledge(settings_of(with_model)), "embedder")
    assert "no GGUF model" in none.detail
    for finding in (too_large, none):
        assert finding.verdict is Verdict.PROBLEM
        assert "--knowledge-model" in finding.remedy


async def test_off_is_as_it_was_wanted(with_model: Path) -> None:
    chosen = only(await look_at_knowledge(settings_of(with_model, knowledge_embedder="none")), "embedder")
    assert (chosen.verdict, chosen.remedy) == (Verdict.OK, "")


async def test_an_endpoint_is_made_to_embed(tmp_path: Path) -> None:
    async with EmbeddingEndpoint() as endpoint:
        found = only(await look_at_knowledge(settings_of(tmp_path, knowledge_url=endpoint.url)), "embedder")
        host = endpoint.url.removeprefix("http://").removesuffix("/v1")
    assert (found.verdict, found.detail) == (
        Verdict.OK,
        f"auto: openai, {host} embeds with bge-m3, 8 dimensions",
    )


async def test_an_endpoint_that_fails_or_is_none_is_a_problem(tmp_path: Path) -> None:
    async with EmbeddingEndpoint(refuses(401)) as endpoint:
        refused = only(await look_at_knowledge(settings_of(tmp_path, knowledge_url=endpoint.url)), "embedder")
    none = only(await look_at_knowledge(settings_of(tmp_path, knowledge_url="gpu-box")), "embedder")
    unset = only(await look_at_knowledge(settings_of(tmp_path, knowledge_embedder="openai")), "embedder")
    assert {refused.verdict, none.verdict, unset.verdict} == {Verdict.PROBLEM}
    assert "key" in refused.detail
    assert "--knowledge-url" in unset.remedy


def test_a_database_is_asked_what_it_is(postgres: PostgresServer) -> None:
    found = doctor_knowledge._database(postgres.empty_database())
    assert found.verdict is Verdict.OK
    assert "on 127.0.0.1: PostgreSQL " in found.detail
    assert "pgvector" in found.detail
    assert "s3cret" not in found.detail


async def test_a_database_that_cannot_be_reached_or_is_none_is_a_problem(tmp_path: Path) -> None:
    for address in ("postgresql://sotto:s3cret@127.0.0.1:1/household", "s3cret"):
        findings = await look_at_knowledge(settings_of(tmp_path, knowledge_database=address))
        finding = only(findings, "documents' database")
        assert finding.verdict is Verdict.PROBLEM
        assert finding.remedy
        assert "s3cret" not in finding.detail


async def test_the_command_says_it(sotto: RunSotto, with_model: Path) -> None:
    done = await sotto("doctor", "--knowledge-dir", str(with_model / "embedding"))
    assert "auto: llama_cpp, bge: 1.5 MiB" in done.output
