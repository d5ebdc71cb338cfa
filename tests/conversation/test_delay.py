"""Commands for later, or for when something happens, told from commands for now: in English and Chinese."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest
from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    Sentence,
    TextChunk,
)
from hassil.intents import Intents, RangeSlotList, SlotList, TextSlotList
from home_assistant_intents import get_intents
from hypothesis import given
from hypothesis import strategies as st
from unicode_rbnf import RbnfEngine

from wyoming_servers.conversation.amounts import (
    CHINESE_NUMBER,
    ENGLISH_NUMBER,
    chinese_number,
    chinese_seconds,
    english_number,
    english_seconds,
)
from wyoming_servers.conversation.delay import MAX_CHARS, Later, later
from wyoming_servers.conversation.delay_kind import LaterKind

NUMBERS = range(1, 121)
ENGLISH = RbnfEngine.for_language("en")
CHINESE = RbnfEngine.for_language("zh")
NAMES = ("Morning Light", "When in Rome lamp", "At 7 scene", "晚上灯", "十分钟后", "Five Minutes Later", "If")


def language_of(text: str) -> str:
    return "en" if text.isascii() else "zh-CN"


def read(text: str) -> Later:
    found = later(text, language_of(text))
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("text", "seconds", "command"),
    [
        ("turn off the lights in ten minutes", 600, "turn off the lights"),
        ("Please turn off the lights in 10 minutes.", 600, "turn off the lights"),
        ("in half an hour turn off the heating", 1800, "turn off the heating"),
        ("in half a minute turn off the heating", 30, "turn off the heating"),
        ("in a half hour, turn off the heating", 1800, "turn off the heating"),
        ("in an hour and a half close the blinds", 5400, "close the blinds"),
        ("in one and a half hours close the blinds", 5400, "close the blinds"),
        ("in a quarter of an hour close the blinds", 900, "close the blinds"),
        ("in three quarters of an hour close the blinds", 2700, "close the blinds"),
        ("after 20 seconds turn on the fan", 20, "turn on the fan"),
        ("turn off the fan ten minutes from now", 600, "turn off the fan"),
        ("turn off the fan in ten minutes' time", 600, "turn off the fan"),
        ("ten minutes from now turn off the fan", 600, "turn off the fan"),
        ("turn off the fan in a couple of minutes", 120, "turn off the fan"),
        ("turn off the fan in 1 hour and 20 minutes", 4800, "turn off the fan"),
        ("turn off the fan in two hours, five minutes and one second", 7501, "turn off the fan"),
        ("turn off the fan in 1.5 hours", 5400, "turn off the fan"),
        ("turn off the fan in 90s", 90, "turn off the fan"),
        ("turn off the fan in 10 min", 600, "turn off the fan"),
        ("turn off the fan in about twenty-five minutes", 1500, "turn off the fan"),
        ("turn the lights in the kitchen off in an hour", 3600, "turn the lights in the kitchen off"),
        ("turn the lights in twenty minutes off", 1200, "turn the lights off"),
        ("will you turn off the lights in ten minutes?", 600, "turn off the lights"),
        ("I want you to turn off the lights in ten minutes", 600, "turn off the lights"),
        ("wait ten minutes and then turn off the lights", 600, "turn off the lights"),
        ("all lights off in ten minutes", 600, "all lights off"),
        ("turn off the light and the fan in ten minutes", 600, "turn off the light and the fan"),
        ("set the heating to 21 degrees in two hours", 7200, "set the heating to 21 degrees"),
        ("十分钟后把灯关掉", 600, "把灯关掉"),
        ("10分钟后,把灯关掉。", 600, "把灯关掉"),
        ("半小时以后关灯", 1800, "关灯"),
        ("半个小时后关灯", 1800, "关灯"),
        ("一个半小时后打开空调", 5400, "打开空调"),
        ("两个半小时后打开空调", 9000, "打开空调"),
        ("一小时半后打开空调", 5400, "打开空调"),
        ("过五分钟关灯", 300, "关灯"),
        ("再过五分钟就关灯", 300, "关灯"),
        ("等五分钟再关灯", 300, "关灯"),
        ("五分钟之后再关灯", 300, "关灯"),
        ("两个小时之后关掉热水器", 7200, "关掉热水器"),
        ("一小时二十分钟后关掉热水器", 4800, "关掉热水器"),
        ("1个小时零5分钟后关掉热水器", 3900, "关掉热水器"),
        ("三十秒后关灯", 30, "关灯"),
        ("两分半后关灯", 150, "关灯"),
        ("一刻钟后关灯", 900, "关灯"),
        ("请大概二十分钟后帮我把灯关了", 1200, "把灯关了"),
        ("把灯在十分钟后关掉", 600, "把灯关掉"),
        ("十分钟后关灯好吗?", 600, "关灯"),
        ("我房间的灯十分钟后关掉", 600, "我房间的灯关掉"),
        ("兩個小時後關燈", 7200, "關燈"),
    ],
)
def test_a_duration_is_told_from_the_command(text: str, seconds: int, command: str) -> None:
    found = read(text)
    assert (found.kind, found.seconds, found.command, found.now) == (LaterKind.DURATION, seconds, command, "")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("turn on the lights at 7", "turn on the lights"),
        ("turn on the lights at seven o'clock", "turn on the lights"),
        ("turn on the lights at half past six", "turn on the lights"),
        ("turn on the lights at quarter to six tomorrow", "turn on the lights"),
        ("turn on the lights at 7:30 pm", "turn on the lights"),
        ("at 19:30 turn on the lights", "turn on the lights"),
        ("turn on the lights 7pm", "turn on the lights"),
        ("turn on the lights at sunset", "turn on the lights"),
        ("open the blinds tomorrow morning", "open the blinds"),
        ("tomorrow at 8 open the blinds", "open the blinds"),
        ("lock the door tonight", "lock the door"),
        ("turn off the lights later", "turn off the lights"),
        ("turn off the lights in a few minutes", "turn off the lights"),
        ("turn off the lights in a bit", "turn off the lights"),
        ("every day at 7 turn on the coffee machine", "turn on the coffee machine"),
        ("vacuum the house every monday", "vacuum the house"),
        ("leave the light on until 10 pm", "leave the light on"),
        ("set the heating to 21 at 7", "set the heating to 21"),
        ("晚上八点打开灯", "打开灯"),
        ("明天早上打开窗帘", "打开窗帘"),
        ("明天早上七点半把窗帘打开", "把窗帘打开"),
        ("七点半打开咖啡机", "打开咖啡机"),
        ("19:30打开咖啡机", "打开咖啡机"),
        ("两点关灯", "关灯"),
        ("在一点钟关灯", "关灯"),
        ("每天早上七点打开窗帘", "打开窗帘"),
        ("今晚把门锁上", "把门锁上"),
        ("周六早上打开窗帘", "打开窗帘"),
        ("待会儿关灯", "关灯"),
        ("等一下再关灯", "关灯"),
        ("过几分钟关灯", "关灯"),
    ],
)
def test_a_time_is_told_from_the_command(text: str, command: str) -> None:
    found = read(text)
    assert (found.kind, found.command) == (LaterKind.CLOCK, command)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("turn off the dryer when the washing machine is done", "turn off the dryer"),
        ("when the washing machine is done turn off the dryer", "turn off the dryer"),
        ("when the washing machine is done, please turn off the dryer", "turn off the dryer"),
        ("once the movie ends turn on the lights", "turn on the lights"),
        ("as soon as I get home, turn on the heating", "turn on the heating"),
        ("if it rains close the windows", "close the windows"),
        ("close the windows if it rains", "close the windows"),
        ("if it rains tonight, close the windows", "close the windows"),
        ("if dad comes home turn on the porch light", "turn on the porch light"),
        ("leave the light on until I'm back", "leave the light on"),
        ("unless someone is home turn off the heating", "turn off the heating"),
        ("when I open the door turn on the light", "turn on the light"),
        ("when I get home turn on the lights and close the blinds", "turn on the lights and close the blinds"),
        ("turn off the tv after dinner", "turn off the tv"),
        ("before I go to bed lock the door", "lock the door"),
        ("tell me when the washing machine is done", "tell me"),
        ("turn off the light if nobody is in the room for ten minutes", "turn off the light"),
        ("等洗衣机洗完关灯", "关灯"),
        ("等洗衣机洗完了再把灯关掉", "把灯关掉"),
        ("洗完以后打开风扇", "打开风扇"),
        ("如果下雨就关窗", "关窗"),
        ("如果明天下雨,就把窗户关上", "把窗户关上"),
        ("把窗户关上,如果下雨的话", "把窗户关上"),
        ("下雨的话关窗", "关窗"),
        ("要是没人在家就把空调关掉", "把空调关掉"),
        ("一回家就开灯", "开灯"),
        ("一下雨就关窗", "关窗"),
        ("到家的时候开灯", "开灯"),
        ("我到家后开灯", "开灯"),
        ("睡觉前关灯", "关灯"),
        ("当有人敲门时打开门灯", "打开门灯"),
        ("开着灯,直到我回来", "开着灯"),
    ],
)
def test_a_condition_is_told_from_the_command(text: str, command: str) -> None:
    found = read(text)
    assert (found.kind, found.command) == (LaterKind.CONDITION, command)


@pytest.mark.parametrize(
    ("text", "seconds", "command"),
    [
        ("turn on the light for ten minutes", 600, "turn on the light"),
        ("turn on the light for the next half an hour", 1800, "turn on the light"),
        ("for ten minutes turn on the light", 600, "turn on the light"),
        ("turn on the light for a while", 0, "turn on the light"),
        ("打开灯十分钟", 600, "打开灯"),
        ("把风扇开半小时", 1800, "把风扇开"),
        ("开一会儿灯", 0, "开灯"),
    ],
)
def test_how_long_something_lasts_is_no_delay_but_a_kind_of_its_own(text: str, seconds: int, command: str) -> None:
    found = read(text)
    assert (found.kind, found.seconds, found.command) == (LaterKind.FOR, seconds, command)


@pytest.mark.parametrize(
    ("text", "now", "command"),
    [
        ("turn on the light and in ten minutes turn it off", "turn on the light", "turn it off"),
        ("turn on the light and turn it off in ten minutes", "turn on the light", "turn it off"),
        ("turn on the light, then turn it off again after ten minutes", "turn on the light", "turn it off again"),
        ("开灯,十分钟后关掉", "开灯", "关掉"),
        ("打开灯十分钟后关掉", "打开灯", "关掉"),
    ],
)
def test_what_is_for_now_is_told_from_what_is_for_later(text: str, now: str, command: str) -> None:
    found = read(text)
    assert (found.kind, found.seconds, found.now, found.command) == (LaterKind.DURATION, 600, now, command)


@pytest.mark.parametrize(
    "text",
    [
        "turn on the lights",
        "turn off the lights in the kitchen",
        "turn on the lights in two bedrooms",
        "set a timer for ten minutes",
        "set a ten minute timer",
        "set an alarm for 7 am",
        "wake me at 7",
        "remind me in ten minutes to take out the trash",
        "add milk to my list for tomorrow",
        "what time is it",
        "what's the temperature at night",
        "what will the weather be tomorrow",
        "tell me the weather tomorrow",
        "is it going to rain tonight",
        "when does the sun set",
        "when is the washing machine done",
        "is the light on when I leave",
        "turn on the light when",
        "turn on the light when?",
        "if you can, turn off the light",
        "turn off the light if you don't mind",
        "while you're at it turn off the light",
        "check if the door is locked",
        "tell me if the door is locked",
        "I'll be back in ten minutes",
        "we leave at seven",
        "dinner is at 7",
        "set the thermostat at 21",
        "set the volume at 7",
        "set the brightness at 50 percent",
        "dim the lights to 20 percent",
        "skip forward for 30 seconds",
        "move the song forward for 30 seconds",
        "turn it up once more",
        "in ten minutes",
        "tomorrow",
        "good morning",
        "good night",
        "设置一个十分钟的计时器",
        "计时十分钟",
        "早上七点叫我起床",
        "十分钟后提醒我倒垃圾",
        "现在几点",
        "晚上温度多少",
        "明天天气怎么样",
        "今天把灯打开",
        "晚上好",
        "早上好",
        "把灯调亮一点",
        "声音小一点",
        "快点关灯",
        "打开后院的灯",
        "关掉后门灯",
        "然后打开灯",
        "最后打开灯",
        "开一下灯",
        "一直开着灯",
        "打开一楼的灯",
        "打开所有灯就好",
        "我十分钟后回来",
        "灯开着吗",
        "晚上灯开了吗",
        "快进三十秒",
        "把电影快进三十秒",
        "把音量调到三十",
        "把空调调到二十六度",
        "打开当前房间的灯",
        "十分钟后",
        "明天早上",
        "",
        " ",
        "?",
    ],
)
def test_what_is_for_now_or_no_command_is_nothing_for_later(text: str) -> None:
    assert later(text, language_of(text)) is None
    assert later(text.upper(), language_of(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "turn on the morning light",
        "turn on the when in rome lamp",
        "activate the at 7 scene",
        "turn on Five Minutes Later",
        "打开晚上灯",
        "打开十分钟后",
    ],
)
def test_names_that_sound_like_times_are_names(text: str) -> None:
    assert later(text, language_of(text), NAMES) is None


def test_a_name_does_not_hide_the_delay_beside_it() -> None:
    found = later("turn on the MORNING LIGHT in ten minutes", "en", NAMES)
    assert found == Later(LaterKind.DURATION, "turn on the MORNING LIGHT", 600, "in ten minutes")
    found = later("when the When in Rome Lamp is off turn on Morning Light", "en", NAMES)
    assert found is not None
    assert (found.kind, found.command) == (LaterKind.CONDITION, "turn on Morning Light")
    found = later("晚上八点打开晚上灯", "zh-CN", NAMES)
    assert found is not None
    assert (found.kind, found.command) == (LaterKind.CLOCK, "打开晚上灯")


def english_words(number: int) -> set[str]:
    word = ENGLISH.format_number(number).text_by_ruleset["spellout-cardinal"]
    words = {word, word.replace("hundred ", "hundred and ")}
    return {str(number)} | words | {each.replace("-", " ") for each in words}


def chinese_words(number: int) -> set[str]:
    word = CHINESE.format_number(number).text_by_ruleset["spellout-cardinal"]
    return {str(number), word, "两" if number == 2 else word}


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_of_seconds_minutes_and_hours_is_read_in_words_and_digits(number: int) -> None:
    for word in english_words(number):
        for unit, length in (("second", 1), ("minute", 60), ("hour", 3600)):
            plural = unit if number == 1 else f"{unit}s"
            for text in (f"turn off the light in {word} {plural}", f"after {word} {plural} turn off the light"):
                assert read(text) == Later(
                    LaterKind.DURATION, "turn off the light", number * length, read(text).phrase
                ), text
            assert read(f"turn on the light for {word} {plural}").seconds == number * length
    for word in chinese_words(number):
        for unit, length in (
            ("秒", 1),
            ("秒钟", 1),
            ("分", 60),
            ("分钟", 60),
            ("小时", 3600),
            ("个小时", 3600),
            ("个钟头", 3600),
        ):
            for text in (f"{word}{unit}后关灯", f"过{word}{unit}关灯", f"{word}{unit}之后把灯关掉"):
                found = read(text)
                assert (found.kind, found.seconds) == (LaterKind.DURATION, number * length), text
            assert read(f"打开灯{word}{unit}").seconds == number * length


@given(st.integers(1, 999))
def test_numbers_are_read_whole(number: int) -> None:
    for word in english_words(number):
        found = re.fullmatch(ENGLISH_NUMBER, word)
        assert found is not None, word
        assert english_number(word) == number
    for word in chinese_words(number):
        assert re.fullmatch(CHINESE_NUMBER, word), word
        assert chinese_number(word) == number


def test_numbers_as_they_are_said() -> None:
    assert [chinese_number(word) for word in ("一百二", "一百零二", "十二", "二十", "两百")] == [120, 102, 12, 20, 200]
    assert [english_number(word) for word in ("a hundred and five", "a couple of", "an", "2.5")] == [105, 2, 1, 2.5]


@given(st.integers(1, 23), st.integers(1, 59), st.integers(1, 59))
def test_hours_minutes_and_seconds_add_up(hours: int, minutes: int, seconds: int) -> None:
    total = 3600 * hours + 60 * minutes + seconds
    assert read(f"turn off the light in {hours} hours {minutes} minutes and {seconds} seconds").seconds == total
    assert english_seconds(f"{hours} hours, {minutes} minutes, {seconds} seconds") == total
    assert read(f"{hours}小时{minutes}分钟{seconds}秒后关灯").seconds == total
    assert chinese_seconds(f"{hours}个小时零{minutes}分{seconds}秒") == total


ENGLISH_WORDS = ("turn off", "on", "the light", "in", "ten", "a", "half", "an", "hour", "and", "at seven", "when", "if")
CHINESE_WORDS = (
    *"半个就一等过后再把,。.?",
    "关灯",
    "打开",
    "十",
    "分钟",
    "小时",
    "如果",
    "的时候",
    "明天",
    "早上",
    "八点",
)
WORDS = st.sampled_from([*ENGLISH_WORDS, *CHINESE_WORDS, "tomorrow", "until I", "get home", "for", *NAMES])


@given(
    st.text() | st.lists(WORDS).map(" ".join) | st.lists(WORDS).map("".join),
    st.sampled_from(["en", "zh-CN", "zh", "de", ""]),
)
def test_no_text_is_too_strange(text: str, language: str) -> None:
    found = later(text, language, NAMES)
    if found is not None:
        assert found.command
        assert found.phrase
        assert found.seconds >= 0
        assert language in {"en", "zh-CN", "zh"}


@pytest.mark.parametrize(
    "piece", ["in ten minutes and ", "when the light is on ", "一个半小时", "如果下雨", "turn off ", "a ", "十", "两点"]
)
def test_long_texts_are_no_commands_and_cost_little(piece: str) -> None:
    assert later(piece * 10_000, language_of(piece)) is None
    text = "turn on " + piece * (MAX_CHARS // len(piece) - 4)
    later(text, language_of(piece))


SPOKEN = {
    "en": {"name": "bedroom fan", "area": "kitchen", "floor": "first floor", "timer_command": "close the blinds"},
    "zh-CN": {"name": "台灯", "area": "厨房", "floor": "一楼", "timer_command": "打开窗帘"},
}


def sentences_of_home_assistant(language: str) -> Iterator[tuple[str, str]]:
    """Yield the intent and three random wordings of each sentence of home-assistant-intents."""
    chance = random.Random(7)
    data = get_intents(language)
    assert data is not None
    intents = Intents.from_dict(data)
    for name, intent in intents.intents.items():
        for each in intent.data:
            rules = {**intents.expansion_rules, **each.expansion_rules}
            lists = {**intents.slot_lists, **each.slot_lists}
            for sentence in each.sentences * 3:
                words = spoken(sentence.expression, rules, lists, SPOKEN[language], chance)
                yield name, "".join(words.split()) if language == "zh-CN" else " ".join(words.split())


def spoken(
    part: Expression,
    rules: dict[str, Sentence],
    lists: dict[str, SlotList],
    words: dict[str, str],
    chance: random.Random,
) -> str:
    if isinstance(part, TextChunk):
        return part.original_text
    if isinstance(part, RuleReference):
        return spoken(rules[part.rule_name].expression, rules, lists, words, chance)
    if isinstance(part, ListReference):
        values = lists.get(part.list_name)
        if isinstance(values, RangeSlotList):
            return str(chance.choice(list(values.get_numbers())))
        if part.list_name in words or not isinstance(values, TextSlotList):
            return words.get(part.list_name, words["name"])
        return spoken(chance.choice(values.values).text_in, rules, lists, words, chance)
    assert isinstance(part, Group)
    items = [chance.choice(part.items)] if isinstance(part, Alternative) else list(part.items)
    if isinstance(part, Permutation):
        chance.shuffle(items)
    gap = " " if isinstance(part, Permutation) else ""
    return gap.join(spoken(item, rules, lists, words, chance) for item in items)


@pytest.mark.parametrize("language", SPOKEN)
def test_home_assistants_sentences_are_for_now_but_those_that_put_a_command_off(language: str) -> None:
    command = SPOKEN[language]["timer_command"]
    delayed = 0
    for intent, text in sentences_of_home_assistant(language):
        found = later(text, language)
        if intent != "HassStartTimer" or command not in text or "计时" in text or "定时" in text:
            assert found is None, text
        else:
            assert found is not None, text
            assert (found.kind, found.command) == (LaterKind.DURATION, command), text
            delayed += 1
    assert delayed > 10


def test_other_languages_are_left_alone() -> None:
    assert later("schalte das Licht in zehn Minuten aus", "de") is None
