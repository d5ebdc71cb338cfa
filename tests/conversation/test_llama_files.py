"""Files of models: which is meant, whether it is whole, how much memory it needs; and files of evaluated prompts."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wyoming_servers.conversation.llama.gguf_file import read_gguf
from wyoming_servers.conversation.llama.memory import gib, require
from wyoming_servers.conversation.llama.model_choice import find_model, models_in
from wyoming_servers.conversation.llama.prefixes import PrefixStore
from wyoming_servers.errors import EngineUnavailableError

MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
TOKENS = list(range(100))


# --- GGUF ------------------------------------------------------------------------------------------------------------


def test_a_model_tells_its_family_its_name_and_what_its_context_takes(gguf_models: Path) -> None:
    file = read_gguf(gguf_models / "mid.gguf")
    assert (file.architecture, file.name) == ("qwen2", "stand-in")
    assert file.size == (gguf_models / "mid.gguf").stat().st_size
    assert file.cache_bytes(8192) == 48 * 2**20  # llama.cpp says the same: 12 layers, 2 heads of 64, 2 bytes, K and V


@MANY
@given(st.floats(0, 1, exclude_max=True))
def test_a_model_cut_off_anywhere_is_told(gguf_models: Path, tmp_path: Path, share: float) -> None:
    whole = (gguf_models / "nano.gguf").read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(EngineUnavailableError) as caught:
        read_gguf(path)
    assert caught.value.remedy
    assert str(path) in caught.value.message


@MANY
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=16))
def test_a_header_with_wrong_bytes_is_read_or_told_but_never_breaks(
    gguf_models: Path, tmp_path: Path, position: int, wrong: bytes
) -> None:
    data = bytearray((gguf_models / "nano.gguf").read_bytes())
    data[position : position + len(wrong)] = wrong
    path = tmp_path / "wrong.gguf"
    path.write_bytes(data)
    with suppress(EngineUnavailableError):
        assert read_gguf(path).cache_bytes(100) >= 0


def test_a_model_in_parts_is_as_large_as_all_of_them(tmp_path: Path) -> None:
    first, second = (tmp_path / f"big-0000{number}-of-00002.gguf" for number in (1, 2))
    writer = gguf.GGUFWriter(str(first), "qwen2")
    writer.add_uint16("split.count", 2)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(EngineUnavailableError, match="lacks its part big-00002-of-00002"):
        read_gguf(first)
    second.write_bytes(bytes(1000))
    assert read_gguf(first).size == first.stat().st_size + 1000


# --- Choice ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sizes = {"small": 10, "large": 30, "split-00001-of-00002": 20, "split-00002-of-00002": 90, "mmproj-x": 99}
    for name, size in sizes.items():
        (tmp_path / f"{name}.gguf").write_bytes(bytes(size))
    (tmp_path / "README.md").write_text("models")
    return tmp_path


def test_parts_after_the_first_and_projectors_are_no_models_of_their_own(folder: Path) -> None:
    assert [path.stem for path in models_in(folder)] == ["large", "split-00001-of-00002", "small"]


def test_auto_takes_the_largest(folder: Path) -> None:
    assert find_model(folder, "auto").stem == "large"


@pytest.mark.parametrize("wanted", ["small", "small.gguf", "PATH"])
def test_a_model_is_named_by_file_by_name_or_by_path(folder: Path, wanted: str) -> None:
    path = folder / "small.gguf"
    assert find_model(folder, str(path) if wanted == "PATH" else wanted) == path


def test_a_name_that_does_not_exist_is_told_with_those_that_do(folder: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="no model medium") as caught:
        find_model(folder, "medium")
    assert "large, split-00001-of-00002, small" in caught.value.remedy


def test_a_folder_that_does_not_exist_has_no_model(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="no GGUF file"):
        find_model(tmp_path / "nowhere", "auto")


# --- Memory ----------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_is_told_with_all_figures() -> None:
    require(2**30, 2**30, 2**31)
    require(2**40, 0, None)
    with pytest.raises(EngineUnavailableError) as caught:
        require(5 * 2**30, 2**30, 4 * 2**30)
    assert "6.00 GiB of memory (5.00 GiB of weights and 1.00 GiB" in caught.value.message
    assert "4.00 GiB are available" in caught.value.message
    assert gib(3 * 2**20) == "3.0 MiB"


# --- Prefixes --------------------------------------------------------------------------------------------------------


def store(folder: Path, identity: str = "model", limit: int = 4) -> tuple[PrefixStore, list[str]]:
    warnings: list[str] = []
    return PrefixStore(folder, limit, identity, warnings.append), warnings


def test_what_was_saved_is_found_again_by_another_process(tmp_path: Path) -> None:
    first, _ = store(tmp_path / "new")
    assert first.wants(TOKENS)
    first.save(TOKENS, bytearray(b"state" * 1000))
    first.close()
    assert not first.wants(TOKENS)
    second, _ = store(tmp_path / "new")
    assert not second.wants(TOKENS)
    assert second.load(TOKENS, worth_s=10) == bytearray(b"state" * 1000)


@pytest.mark.parametrize(("identity", "tokens"), [("another model", TOKENS), ("model", [*TOKENS[:-1], 7])])
def test_other_tokens_or_another_model_find_nothing(tmp_path: Path, identity: str, tokens: list[int]) -> None:
    first, _ = store(tmp_path)
    first.save(TOKENS, bytearray(b"state"))
    first.close()
    assert store(tmp_path, identity)[0].load(tokens, worth_s=10) is None


def test_what_is_evaluated_sooner_than_read_is_not_read(tmp_path: Path) -> None:
    first, _ = store(tmp_path)
    first.save(TOKENS, bytearray(10**6))
    first.close()
    assert first.load(TOKENS, worth_s=1e-9) is None
    assert first.load(TOKENS, worth_s=1) is not None


@MANY
@given(st.binary(max_size=200))
def test_any_other_content_is_deleted_and_wanted_again(tmp_path: Path, content: bytes) -> None:
    first, _ = store(tmp_path)
    first.save(TOKENS, bytearray(b"state"))
    first.close()
    (path,) = tmp_path.glob("*.prefix")
    path.write_bytes(content)
    assert first.load(TOKENS, worth_s=10) is None
    assert not path.exists()
    assert first.wants(TOKENS)


def test_the_least_recently_used_ones_go_first(tmp_path: Path) -> None:
    first, _ = store(tmp_path, limit=2)
    for number in range(2):
        first.save([number, *TOKENS], bytearray(b"state"))
        first.close()
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    assert first.load([0, *TOKENS], worth_s=10)
    first.save([2, *TOKENS], bytearray(b"state"))
    first.close()
    assert first.load([1, *TOKENS], worth_s=10) is None
    assert first.load([0, *TOKENS], worth_s=10)
    assert first.wants([1, *TOKENS])


def test_short_prompts_and_a_limit_of_none_save_nothing(tmp_path: Path) -> None:
    assert not store(tmp_path)[0].wants(TOKENS[:10])
    assert not store(tmp_path, limit=0)[0].wants(TOKENS)


def test_what_was_left_unfinished_is_removed_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "abc.unfinished").write_bytes(b"half")
    store(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_warning_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    first, warnings = store(tmp_path)
    monkeypatch.setattr(Path, "replace", full)
    first.save(TOKENS, bytearray(b"state"))
    first.close()
    assert "No space left on device" in warnings[0]
    assert list(tmp_path.iterdir()) == []
