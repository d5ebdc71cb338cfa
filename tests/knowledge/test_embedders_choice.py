"""What embeds and ranks, by the settings and by what is there; and what made vectors that are kept."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.stand_in_embedders import make_embedder
from wyoming_servers.conversation.knowledge.embedders.choice import make_embedder as chosen
from wyoming_servers.conversation.knowledge.embedders.choice import make_named, make_reranker
from wyoming_servers.conversation.knowledge.embedders.llama_cpp import LlamaCppEmbedder, LlamaCppReranker
from wyoming_servers.conversation.knowledge.embedders.openai import OpenAiEmbedder, OpenAiReranker
from wyoming_servers.errors import EngineUnavailableError
from wyoming_servers.registry import EngineSpec
from wyoming_servers.settings import Settings, build

URL = "http://gpu-box:8000/v1"


def settings_of(folder: Path, **knowledge: Any) -> Settings:
    return build({"knowledge_dir": folder, **{f"knowledge_{key}": value for key, value in knowledge.items()}})


def test_nothing_there_embeds_nothing(tmp_path: Path) -> None:
    assert chosen(settings_of(tmp_path)) is None
    assert chosen(settings_of(tmp_path / "none")) is None


def test_a_file_that_is_there_embeds_and_a_url_goes_before_it(embedding_models: Path) -> None:
    assert isinstance(chosen(settings_of(embedding_models)), LlamaCppEmbedder)
    assert isinstance(chosen(settings_of(embedding_models, url=URL)), OpenAiEmbedder)
    assert isinstance(chosen(settings_of(embedding_models, url=URL, embedder="llama_cpp")), LlamaCppEmbedder)
    assert chosen(settings_of(embedding_models, url=URL, embedder="none")) is None


def test_without_the_package_a_file_embeds_nothing_and_the_log_says_why(
    embedding_models: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(EngineSpec, "missing", property(lambda spec: spec.modules))
    assert chosen(settings_of(embedding_models)) is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "sotto[llama]" in caplog.text
    with pytest.raises(EngineUnavailableError):
        chosen(settings_of(embedding_models, embedder="llama_cpp"))


def test_a_file_that_is_none_is_logged_and_documents_are_found_by_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bge.gguf").write_text("milk")
    assert chosen(settings_of(tmp_path)) is None
    assert "no GGUF model" in caplog.text
    with pytest.raises(EngineUnavailableError):
        chosen(settings_of(tmp_path, embedder="llama_cpp"))


def test_a_reranker_is_a_file_or_a_model_of_the_endpoint_or_none(embedding_models: Path) -> None:
    assert make_reranker(settings_of(embedding_models)) is None
    assert isinstance(make_reranker(settings_of(embedding_models, reranker="rank", url=URL)), LlamaCppReranker)
    assert isinstance(make_reranker(settings_of(embedding_models, reranker="jina", url=URL)), OpenAiReranker)
    with pytest.raises(EngineUnavailableError, match="no model jina"):
        make_reranker(settings_of(embedding_models, reranker="jina"))


def test_what_made_vectors_is_found_by_its_name(tmp_path: Path) -> None:
    make_embedder("nano", tmp_path / "multilingual-e5-small.gguf", name="e5")
    settings = settings_of(tmp_path)
    name = getattr(chosen(settings), "name", "")
    found = make_named(settings, name)
    assert found is not None
    assert found.name == name
    (tmp_path / "multilingual-e5-small.gguf").write_text("another")
    assert make_named(settings, name) is None


@pytest.mark.parametrize("model", ["BAAI/bge-m3", "intfloat/multilingual-e5-base"])
def test_a_model_of_an_endpoint_is_found_by_its_name_as_long_as_there_is_an_endpoint(
    tmp_path: Path, model: str
) -> None:
    name = getattr(chosen(settings_of(tmp_path, url=URL, model=model)), "name", "")
    found = make_named(settings_of(tmp_path, url=URL), name)
    assert isinstance(found, OpenAiEmbedder)
    assert (found.name, found.status.model) == (name, model)
    assert make_named(settings_of(tmp_path), name) is None


@pytest.mark.parametrize("name", ["", "nothing", "llama_cpp/gone/1", "openai/"])
def test_a_name_of_nothing_is_nothing(tmp_path: Path, name: str) -> None:
    found = make_named(settings_of(tmp_path, url=URL), name)
    assert found is None or found.name == name
