# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wyoming_servers.conversation.languages import LANGUAGES, load_language
from wyoming_servers.conversation.recognizer import Recognizer
from wyoming_servers.conversation.replies import say
from wyoming_servers.conversation.resolution import Refusal
from wyoming_servers.conversation.understanding import Understanding, Utterance
from wyoming_servers.home.demo import DEMO_HOUSE, DemoHome
from wyoming_servers.home.model import Entity, Home, HomeSnapshot
from wyoming_servers.home.templates import render_answer


class OtherHome(Home):
    """A house that somebody else looks after."""

    def __init__(self, snapshot: HomeSnapshot) -> None:
        super().__init__()
        self.house = snapshot

    @property
    def snapshot(self) -> HomeSnapshot:
        return self.house


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("turn on the lights", "en", "In which room?"),
        ("打开灯", "zh-CN", "请问是哪个房间？"),
        ("turn off the banana", "en", "Sorry, I am not aware of any device called banana"),
        ("turn on the lights in the dungeon", "en", "Sorry, I am not aware of any area called dungeon"),
        ("打开香蕉", "zh-CN", "抱歉，找不到名为 香蕉 的设备"),
        ("tell me a joke", "en", "Sorry, I couldn't understand that"),
        ("turn on the TV and make me a sandwich", "en", "Sorry, I couldn't understand that"),
        ("is anything on", "en", "Sorry, I couldn't understand that"),
        ("香蕉打开一半", "zh-CN", "抱歉，我无法理解您的意思，你可以尝试换个说法"),
        ("打开客厅灯半小时", "zh-CN", "抱歉，我无法理解您的意思，你可以尝试换个说法"),
        ("", "en", "Sorry, I didn't hear anything."),
        ("...", "zh", "抱歉，我没有听到内容。"),
        ("lamp " * 100, "en", "Sorry, that was too long for me. Please say it in fewer words."),
        ("", "zh-HK", "抱歉，我沒有聽到內容。"),
        ("Qapla'", "tlh", "Sorry, I don't speak that language yet."),
    ],
)
def test_what_is_no_command_is_answered_in_the_users_language(
    understanding: Understanding, text: str, language: str, answer: str
) -> None:
    assert understanding.understand(Utterance(text, language)).text == answer


def test_two_things_of_one_name_are_asked_about() -> None:
    twins = tuple(Entity(f"light.{area}", "Spot", ("射灯",), area_id=area) for area in ("kitchen", "office"))
    understanding = Understanding(OtherHome(replace(DEMO_HOUSE, entities=twins)), "en", 200)
    ask = understanding.understand
    assert ask(Utterance("turn on the spot", "en")).text == (
        "There are two called Spot: in the Kitchen and in the Office. Which one?"
    )
    assert ask(Utterance("打开射灯", "zh-CN")).text == "有2个射灯：厨房和书房。请问是哪一个？"
    answer = ask(Utterance("turn on the spot", "en", "demo-satellite-kitchen"))
    assert dict(answer.commands[0][0].slots) == {"name": "Spot", "preferred_area_id": "kitchen"}


def test_the_room_of_the_device_is_meant(understanding: Understanding) -> None:
    answer = understanding.understand(Utterance("turn on the lights", "en", "demo-satellite-bedroom"))
    assert dict(answer.commands[0][0].slots) == {"domain": "light", "area": "Bedroom"}


def test_a_timer_without_a_device_is_refused_where_home_assistant_would() -> None:
    utterance = Utterance("set a timer for five minutes", "en")
    elsewhere = Understanding(OtherHome(DEMO_HOUSE), "en", 200)
    assert elsewhere.understand(utterance).text == "Sorry, timers are not supported on this device"
    assert elsewhere.understand(replace(utterance, device_id="phone")).commands
    assert Understanding(DemoHome(), "en", 200).understand(utterance).commands


def test_the_answer_speaks_the_words_that_were_said(understanding: Understanding) -> None:
    command, template = understanding.understand(Utterance("关闭厨房的百叶窗", "zh-CN")).commands[0]
    assert command.slots["device_class"] == "blind"
    assert render_answer(template, command.slots) == "厨房百叶窗已关闭"


def test_numbers_are_texts_to_a_template_as_many_expect(understanding: Understanding) -> None:
    command, template = understanding.understand(Utterance("stelle einen Timer auf 5 Minuten", "de")).commands[0]
    assert command.slots == {"minutes": 5}
    assert "5 Minuten" in render_answer(template, command.slots)


def test_an_answer_that_needs_no_words_is_home_assistants_own(understanding: Understanding) -> None:
    _, template = understanding.understand(Utterance("turn off the lights in the kitchen", "en")).commands[0]
    assert template == load_language("en").response("HassTurnOff", "lights_area")


def test_words_with_quotes_and_backslashes_stay_words(understanding: Understanding) -> None:
    text = 'add "a\\b" {{ 7 * 7 }} to the shopping list'
    command, template = understanding.understand(Utterance(text, "en")).commands[0]
    assert "49" not in render_answer(template, command.slots)


def test_new_names_are_known_after_the_home_changed() -> None:
    home = OtherHome(DEMO_HOUSE)
    understanding = Understanding(home, "en", 200)
    understanding.load()
    assert not understanding.is_command("turn on the toaster", "en")
    home.house = replace(DEMO_HOUSE, entities=(*DEMO_HOUSE.entities, Entity("switch.toaster", "Toaster")))
    understanding.set_home(home.house)
    assert understanding.is_command("turn on the toaster", "en")


def test_a_whole_command_is_told_from_half_of_one(understanding: Understanding) -> None:
    assert understanding.is_command("turn on the living room light", "en-GB")
    assert understanding.is_command("Turn on the living room light and lock the front door.", "en")
    assert not understanding.is_command("turn on the", "en")
    assert not understanding.is_command("", "en")
    assert not understanding.is_command("turn on the living room light", "tlh")


def test_nothing_is_a_command_before_the_language_is_loaded() -> None:
    assert not Understanding(DemoHome(), "en", 200).is_command("turn on the living room light", "en")


def test_many_threads_may_ask_at_once(understanding: Understanding) -> None:
    texts = [f"set the bed light to {percent} percent" for percent in range(1, 41)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda text: understanding.is_command(text, "en"), texts))


def test_five_hundred_entities_are_looked_at_no_longer_than_five() -> None:
    many = tuple(Entity(f"light.n{number}", f"Lamp {number}", (f"灯{number}",)) for number in range(500))
    house = replace(DEMO_HOUSE, entities=(*DEMO_HOUSE.entities, *many))
    understanding = Understanding(OtherHome(house), "en", 200)
    command = understanding.understand(Utterance("turn on lamp 400", "en")).commands[0][0]
    assert command.slots["name"] == "Lamp 400"
    command = understanding.understand(Utterance("打开灯400", "zh-CN")).commands[0][0]
    assert command.slots["name"] == "灯400"


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("no_intent"),
        Refusal("which_area"),
        Refusal("which_entity", {"entity": "Spot", "areas": DEMO_HOUSE.areas[:2], "count": 2}),
        Refusal("no_entity_in_area", {"entity": "Spot", "area": "Kitchen"}),
        Refusal("no_device_class_in_floor", {"device_class": "blind", "floor": "First Floor"}),
        Refusal("no_domain", {"domain": "media_player"}),
        Refusal("entity_wrong_state", {"state": "playing"}),
        Refusal("no_timer_support"),
        Refusal("failed"),
        Refusal("empty"),
        Refusal("too_long"),
        Refusal("no_such_key"),
    ],
    ids=lambda refusal: refusal.key,
)
def test_every_language_has_a_sentence_for_every_refusal(code: str, refusal: Refusal) -> None:
    sentence = say(refusal, code, _errors(code))
    assert sentence.strip()
    assert "{" not in sentence


_ERRORS: dict[str, dict[str, str]] = {}


def _errors(code: str) -> dict[str, str]:
    if code not in _ERRORS:
        _ERRORS[code] = dict(load_language.__wrapped__(code).errors)
    return _ERRORS[code]


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["en", "zh-CN"]))
def test_nothing_that_is_said_makes_it_fail(understanding: Understanding, text: str, language: str) -> None:
    answer = understanding.understand(Utterance(text, language))
    assert bool(answer.text) != bool(answer.commands)


def test_a_recognizer_remembers_what_a_text_meant(english: Recognizer) -> None:
    assert english.recognize("turn on the TV") is english.recognize("turn on the TV")


@pytest.mark.parametrize(("domain", "state"), [("binary_sensor", "on"), ("cover", "open")])
def test_a_question_about_windows_is_about_those_that_this_home_has(domain: str, state: str) -> None:
    window = Entity(f"{domain}.window", "Pane", area_id="kitchen", device_class="window")
    understanding = Understanding(OtherHome(replace(DEMO_HOUSE, entities=(window,))), "en", 200)
    command, template = understanding.understand(Utterance("are all the windows open", "en")).commands[0]
    assert (command.slots["domain"], command.slots["state"]) == (domain, state)
    assert render_answer(template, command.slots, unmatched=[window]) == "No, Pane is not open"


@pytest.mark.parametrize(
    ("text", "language"),
    [("turn on the kitchen light in 5 minutes", "en"), ("五分钟后关厨房灯", "zh-CN")],
)
def test_a_command_for_later_is_promised_only_where_it_will_be_executed(
    understanding: Understanding, text: str, language: str
) -> None:
    utterance = Utterance(text, language, "phone")
    assert (
        "demo house" in understanding.understand(utterance).text or "演示" in understanding.understand(utterance).text
    )
    ((command, _),) = Understanding(OtherHome(DEMO_HOUSE), "en", 200).understand(utterance).commands
    assert command.intent == "HassStartTimer"


@pytest.mark.parametrize(
    ("text", "language"), [("make me a sandwich in 5 minutes", "en"), ("五分钟后给我做饭", "zh-CN")]
)
def test_what_is_no_command_now_is_none_later(text: str, language: str) -> None:
    elsewhere = Understanding(OtherHome(DEMO_HOUSE), "en", 200)
    assert not elsewhere.understand(Utterance(text, language, "phone")).commands
