"""What is in the catalogue: complete, recognisable, fetched from more than one place, and of use to an engine."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from wyoming_servers.models.catalogue import HF_MIRROR, Kind, Model, catalogue, mirrored, parse
from wyoming_servers.models.choice import primary, wanted
from wyoming_servers.registry import ENGINES
from wyoming_servers.stt.sensevoice.languages import LANGUAGES
from wyoming_servers.stt.sensevoice.model import SENSEVOICE, TOKENS, WEIGHTS
from wyoming_servers.stt.whisper.model import CPU_MAX_BYTES, CUDA_MAX_BYTES, NEEDED

MODELS = catalogue()
BY_KIND = {kind: [model for model in MODELS if model.kind is kind] for kind in Kind}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_file_has_a_size_a_digest_and_two_places(model: Model) -> None:
    assert model.files
    for file in model.files:
        assert file.size_bytes > 0
        assert file.pinned
        assert file.sha256 is None or re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.md5 is None or re.fullmatch("[0-9a-f]{32}", file.md5)
        assert len({urlsplit(url).netloc for url in file.urls}) >= 2
        assert all(url.isascii() and url.startswith("https://") for url in file.urls)
    assert model.licence
    assert model.memory_mb * 1_000_000 > model.size_bytes
    assert model.engine in {spec.name for spec in ENGINES}
    assert len({file.path.rpartition("/")[0] for file in model.files}) == 1


def test_what_is_no_voice_is_pinned_by_sha256_at_an_immutable_revision() -> None:
    for model in MODELS:
        if model.kind is not Kind.TTS:
            for file in model.files:
                assert file.sha256 is not None
                assert re.search("/resolve/[0-9a-f]{40}/", file.urls[0])


def test_paths_are_nobody_elses() -> None:
    for kind, models in BY_KIND.items():
        paths = [file.path for model in models for file in model.files]
        assert len(set(paths)) == len(paths), kind


def test_whisper_models_have_what_the_engine_needs_and_say_what_it_takes_by_itself() -> None:
    for model in (model for model in BY_KIND[Kind.STT] if model.engine == "whisper"):
        names = {file.path.rpartition("/")[2] for file in model.files}
        assert names >= set(NEEDED)
        assert names & {"vocabulary.txt", "vocabulary.json"}
        assert model.gpu == (model.files[0].size_bytes > CPU_MAX_BYTES)
        assert model.files[0].size_bytes <= CUDA_MAX_BYTES
        english = model.id.endswith(".en") or "distil" in model.folder
        assert (model.languages == ("en",)) == english  # as the engine reads the folder's name


@pytest.mark.parametrize("language", ["en-US", "en-GB", "de", "fr", "es-ES", "it", "pt-BR", "ru", "zh-CN"])
def test_the_voice_that_is_fetched_for_many_is_known_by_sha256(language: str) -> None:
    (voice,) = wanted(catalogue(), languages=[language], memory_mb=10_000, kinds={Kind.TTS})
    assert all(file.sha256 is not None and file.md5 is not None for file in voice.files)


def test_every_sha256_of_a_voice_that_is_written_down_is_in_the_catalogue() -> None:
    lines = (Path(__file__).parents[2] / "script" / "voices.sha256").read_text().splitlines()
    pinned = {name: digest for digest, name in (line.split() for line in lines if not line.startswith("#"))}
    assert all(len(digest) == 64 for digest in pinned.values())
    found = {file.path: file.sha256 for model in catalogue() if model.kind is Kind.TTS for file in model.files}
    assert {path: digest for path, digest in found.items() if digest is not None} == pinned


def test_sensevoice_has_what_its_engine_needs() -> None:
    (model,) = (model for model in BY_KIND[Kind.STT] if model.engine == SENSEVOICE)
    assert [file.path for file in model.files] == [f"sensevoice-small/{name}" for name in (WEIGHTS, TOKENS)]
    assert model.languages == LANGUAGES


def test_of_two_that_are_there_an_engine_takes_the_one_that_ranks_higher() -> None:
    """With `auto` engines take the largest file."""
    for kind in (Kind.LLM, Kind.EMBEDDING):
        chosen = [model for model in BY_KIND[kind] if model.auto and not model.languages]
        by_rank = sorted(chosen, key=lambda model: model.rank)
        assert by_rank == sorted(chosen, key=lambda model: model.size_bytes)


def test_every_language_of_piper_has_a_voice_and_english_and_chinese_certainly() -> None:
    languages = {primary(language) for model in BY_KIND[Kind.TTS] for language in model.languages}
    assert len(languages) >= 45
    assert {"en", "zh", "de", "fr", "es", "ar", "hi", "ja", "uk"} <= languages


def test_there_is_a_ladder_of_language_models() -> None:
    sizes = [
        round(model.size_bytes / 1e9, 1) for model in sorted(BY_KIND[Kind.LLM], key=lambda model: model.size_bytes)
    ]
    assert sizes[0] < 0.5
    assert sizes[-1] > 4
    assert len(sizes) >= 5


def test_a_mirror_is_asked_first() -> None:
    urls = MODELS[0].files[0].urls
    own = mirrored(urls, "http://nas:8080/")
    assert own[0] == urls[0].replace("https://huggingface.co", "http://nas:8080")
    assert own[1:] == urls
    assert mirrored(urls, "") == urls
    assert urls[1].startswith(HF_MIRROR)


def test_a_file_without_a_digest_is_not_pinned() -> None:
    text = """
models:
  - {id: a, kind: llm, engine: llama_cpp, title: A, languages: [], licence: MIT, memory_mb: 1, rank: 1,
     huggingface: x/y, revision: main, files: [{path: "d/ä.gguf", size_bytes: 3, sha256: null}]}
"""
    (model,) = parse(text)
    assert not model.pinned
    assert replace(model.files[0], md5="0" * 32).pinned
    assert model.files[0].urls[0] == "https://huggingface.co/x/y/resolve/main/d/%C3%A4.gguf"
    assert (model.files[0].path, model.name, model.folder) == ("ä.gguf", "ä", "")
