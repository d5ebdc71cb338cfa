"""What SenseVoice writes as words, and names by their sound: pure logic."""

from __future__ import annotations

import io

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from wyoming_servers.stt.sensevoice.homophones import Homophones
from wyoming_servers.stt.sensevoice.languages import hears_best
from wyoming_servers.stt.sensevoice.onnx_file import metadata_of
from wyoming_servers.stt.sensevoice.transcript import NO_SPEECH, joined, words

CHARACTERS = st.text(alphabet="打开关书房灯输舒厨客厅听 a1。", max_size=12)
NAMES = st.lists(CHARACTERS, max_size=5)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("打开灯。<|Laughter|>", "打开灯。"),
        ("<|BGM|>turn on<|HAPPY|> the light", "turn on the light"),
        ("  안녕 하세요 ", "안녕 하세요"),
        ("。", ""),
        ("<|Applause|>", ""),
        ("a < b |> c", "a < b |> c"),
    ],
)
def test_tags_are_no_words(text: str, heard: str) -> None:
    assert words(text, "<|zh|>") == heard
    assert words(text, NO_SPEECH) == ""


def test_texts_are_joined_as_a_language_is_written() -> None:
    assert joined(["开灯", "", "关灯"], "zh") == "开灯关灯"
    assert joined(["on", "", "off"], "en") == "on off"


@pytest.mark.parametrize(
    ("names", "text", "corrected"),
    [
        (["书房"], "打开输房灯。", "打开书房灯。"),
        (["书房"], "打开书房灯", "打开书房灯"),
        (["书房", "书房灯"], "把舒房登打开", "把书房灯打开"),
        (["灯"], "登", "登"),
        (["TV 房", "tv"], "打开踢维房", "打开踢维房"),
        ([], "打开输房灯", "打开输房灯"),
    ],
    ids=["by sound", "as it is", "the longest", "too short", "not Chinese", "no names"],
)
def test_a_name_is_found_by_its_sound(names: list[str], text: str, corrected: str) -> None:
    assert Homophones(names).corrected(text) == corrected


def test_of_two_names_that_sound_the_same_neither_is_guessed() -> None:
    home = Homophones(["书房", "梳房"])
    assert home.corrected("打开输房灯") == "打开输房灯"
    assert home.corrected("打开梳房灯") == "打开梳房灯"


@given(NAMES, CHARACTERS)
def test_correcting_changes_no_length_and_what_is_corrected_stays(names: list[str], text: str) -> None:
    home = Homophones(names)
    corrected = home.corrected(text)
    assert len(corrected) == len(text)
    assert home.corrected(corrected) == corrected


@given(CHARACTERS)
def test_a_home_without_names_changes_nothing(text: str) -> None:
    assert Homophones([]).corrected(text) == text


@pytest.mark.parametrize("language", ["zh", "zh-CN", "zh_Hans", "yue", "ja-JP", "ko"])
def test_households_that_it_hears_best(language: str) -> None:
    assert hears_best(language)


@pytest.mark.parametrize("language", ["en", "de-DE", "zh-TW", "zh-HK", "zh-Hant-MO", "", "zhx"])
def test_households_that_whisper_hears_better(language: str) -> None:
    assert not hears_best(language)


@given(st.dictionaries(st.text(), st.text(), max_size=5))
def test_the_metadata_of_an_onnx_file_are_those_that_onnx_wrote(metadata: dict[str, str]) -> None:
    model = helper.make_model(helper.make_graph([], "nothing", [], []))
    helper.set_model_props(model, metadata)
    assert _read(model.SerializeToString()) == metadata


@given(st.binary(max_size=300))
def test_what_is_no_onnx_file_is_an_error_or_has_no_metadata(content: bytes) -> None:
    try:
        metadata = _read(content)
    except ValueError:
        return
    assert all(isinstance(each, str) for each in metadata.values())


def test_what_is_cut_off_is_an_error() -> None:
    model = helper.make_model(helper.make_graph([], "nothing", [], []))
    helper.set_model_props(model, {"comment": "x" * 100})
    with pytest.raises(ValueError, match="no whole ONNX file"):
        _read(model.SerializeToString()[:-1])
    assert onnx.ModelProto.METADATA_PROPS_FIELD_NUMBER == 14


def _read(content: bytes) -> dict[str, str]:
    return metadata_of(io.BytesIO(content))
