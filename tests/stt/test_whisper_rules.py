"""How Whisper is asked and when it is believed, without a model."""

# ruff: noqa: RUF001 - Chinese punctuation is meant
from __future__ import annotations

from typing import Any

import ctranslate2 as _ctranslate2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot
from wyoming_servers.stt.engine import RATE_HZ
from wyoming_servers.stt.languages import match_language
from wyoming_servers.stt.whisper import doubt, prompt, windows
from wyoming_servers.stt.whisper.doubt import Hypothesis

ctranslate2: Any = _ctranslate2  # its stubs export nothing

LOOP = "and so on " * 8


# --- Doubt ------------------------------------------------------------------------------------------------------------


def test_one_or_two_names_may_be_said_but_not_three() -> None:
    told = ("At home: ", "Kitchen, ", "Light, ", "Bed Light, ", "Ceiling Fan.")
    assert not doubt.echoes("Kitchen light", told)
    assert not doubt.echoes("Ceiling fan!", told)
    assert doubt.echoes("kitchen light bed", told)
    assert doubt.echoes("At home: Kitchen, Light, Bed Light, Ceiling Fan.", told)
    assert not doubt.echoes("turn on the bed light", told)
    assert not doubt.echoes("stop", ())


@given(st.text(max_size=30), st.lists(st.text(max_size=8), max_size=6))
def test_a_whole_prompt_is_always_an_echo(text: str, parts: list[str]) -> None:
    spoken = [part for part in parts if any(character.isalnum() for character in part)]
    if len(spoken) > 2:
        assert doubt.echoes("".join(spoken), tuple(spoken))
    doubt.echoes(text, tuple(parts))


def test_of_two_doubtful_texts_one_without_a_loop_is_better() -> None:
    loop, other = Hypothesis(LOOP, -0.1, 0.1, cut_off=False), Hypothesis("well", -1.4, 0.1, cut_off=False)
    assert doubt.better(loop, other) is doubt.better(other, loop) is other


def test_a_text_that_had_to_be_cut_off_is_doubtful() -> None:
    assert Hypothesis("one two three", -0.1, 0.1, cut_off=True).doubtful


# --- Windows ----------------------------------------------------------------------------------------------------------


@given(st.floats(0.0, windows.LONGEST_SPEECH_S))
def test_a_window_has_room_for_the_speech_and_silence_after_it(speech_s: float) -> None:
    assert speech_s + windows.SILENCE_S <= windows.window_s(speech_s) <= windows.FULL_S
    assert windows.window_s(speech_s) >= windows.SHORTEST_S


def test_a_long_utterance_is_cut_in_its_quietest_moment() -> None:
    samples = np.random.default_rng(1).normal(0, 0.1, 40 * RATE_HZ).astype(np.float32)
    samples[25 * RATE_HZ : 26 * RATE_HZ] *= 0.01
    cut = windows.first_cut(samples)
    assert cut is not None
    assert 25.0 <= cut / RATE_HZ <= 26.0
    assert windows.first_cut(samples[: 28 * RATE_HZ]) is None


# --- Prompts ----------------------------------------------------------------------------------------------------------


HOME = HomeSnapshot(
    floors=(Floor("up", "Upstairs"),),
    areas=(Area("kitchen", "Kitchen", ("Cucina",)),),
    entities=(Entity("sensor.t", "Temperature"), Entity("light.bed", "Bed Light", ("bed light",))),
)


def test_people_speak_of_areas_and_lights_before_sensors() -> None:
    assert prompt.names_of(HOME) == ("Kitchen", "Cucina", "Bed Light", "Temperature", "Upstairs")


@pytest.mark.parametrize(
    ("tag", "code", "text"),
    [
        ("en-US", "en", "At home: Kitchen, Nabu."),
        ("de", "de", "Zu Hause: Kitchen, Nabu."),
        ("zh-CN", "zh", "家里有：Kitchen、Nabu。"),
        ("zh_TW", "zh", "家裡有：Kitchen、Nabu。"),
        ("fi", "fi", "Kitchen, Nabu."),
    ],
)
def test_names_are_told_in_a_sentence_of_the_language(tag: str, code: str, text: str) -> None:
    assert "".join(prompt.make_prompt(tag, code, ["Kitchen", "Nabu", " kitchen "], len)) == text


def test_chinese_characters_are_chosen_even_without_names() -> None:
    assert "".join(prompt.make_prompt("zh-CN", "zh", [], len)) == "请说普通话。"
    assert "".join(prompt.make_prompt("zh-TW", "zh", [], len)) == "請說國語。"
    assert prompt.make_prompt("en", "en", [], len) == ()


@given(st.lists(st.text(min_size=1, max_size=20), max_size=60), st.integers(0, 200))
def test_a_prompt_keeps_to_its_budget(names: list[str], budget: int) -> None:
    parts = prompt.make_prompt("en", "en", names, len, budget)
    assert not parts or len("".join(parts)) <= budget


# --- Languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "offered", "found"),
    [
        ("en-US", ("en", "zh"), "en"),
        ("EN_gb", ("en",), "en"),
        ("zh-CN", ("en", "zh"), "zh"),
        ("zh-HK", ("zh", "yue"), "yue"),
        ("zh-HK", ("zh",), "zh"),
        ("nb", ("no",), "no"),
        ("pt", ("pt-BR", "pt-PT"), "pt-BR"),
        ("pt-PT", ("pt-BR", "pt-PT"), "pt-PT"),
        ("tlh", ("en",), None),
        ("", ("en",), None),
    ],
)
def test_a_clients_language_is_found_among_a_models(wanted: str, offered: tuple[str, ...], found: str | None) -> None:
    assert match_language(wanted, offered) == found
