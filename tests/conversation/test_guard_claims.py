"""What says that something was done is told from answers, refusals, questions and talk, in English and Chinese."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.replay_data import RECORDED
from wyoming_servers.conversation.guard.claims import claims_action, claims_attempt, promises, sentences
from wyoming_servers.conversation.languages import load_language

CLAIMS = [
    ("Turn off the lamp", "I've turned off the lamp."),
    ("Turn off the lamp", "I turned it off for you."),
    ("Set it to 21", "I have successfully set the thermostat to 21 degrees."),
    ("Turn it off", "Done!"),
    ("Turn it off", "Okay, turning off the desk lamp."),
    ("Turn it off", "Turned off the desk lamp."),
    ("Turn it off in ten minutes", "I'll turn it off in ten minutes."),
    ("Turn it on", "Sure!"),
    ("Turn it off", "Okay."),
    ("Turn on the lamp", "Sure, the lamp is on."),
    ("Turn on the lamp", "The lamp is now on."),
    ("Turn on the lamp", "The lamp has been turned on."),
    ("Turn on the lamp", "Lamp on."),
    ("Lock up", "The front door is locked."),
    ("Open it", "The gate has been opened."),
    ("Send Dusty home", "Dusty has returned to base."),
    ("Remind me", "I'll remind you in 5 minutes."),
    ("Tell me when it is done", "I'll let you know when it's finished."),
    ("Light, please", "Let me turn that on for you."),
    ("Ten minutes", "Your timer is set for 10 minutes."),
    ("Put milk on the list", "Milk added to your list."),
    ("Turn all off", "I couldn't find the fan, but I've turned off the lamp."),
    ("Turn it off", "I've turned it off, okay?"),
    ("Turn it off later", "The lamp will turn off in ten minutes."),
    ("Vacuum", "OK. Calling the vacuum."),
    ("Louder", "Setting the volume to 50%."),
    ("Movie time", "All set! Enjoy your movie."),
    ("Could you turn on the fan?", "The fan is on."),
    ("Pause it", "Pause the music on the den speaker."),
    ("Water the plants", "I will water them now. Would you like me to go on?"),
    ("Did you lock the door?", "Yes, I locked the door."),
    ("打开灯", "已打开书房的灯。"),
    ("关灯", "好的，灯已经关了。"),
    ("关灯", "正在为您关闭书房灯。"),
    ("关灯", "马上！"),
    ("十分钟后关灯", "我会在十分钟后关灯。"),
    ("关灯", "好的。"),
    ("关灯", "没问题，这就关。"),
    ("关灯", "灯关了。"),
    ("开灯", "书房灯已为您打开"),
    ("开灯", "搞定！"),
    ("十分钟后关灯", "好的，十分钟后会自动关灯。"),
    ("調高溫度", "已將溫度設為26度。"),
    ("開燈", "好的，馬上為您打開燈。"),
    ("开灯", "灯现在开着。"),
    ("加牛奶", "牛奶已添加到购物清单。"),
    ("能不能把灯关了？", "灯已关闭。"),
    ("都关了", "抱歉，找不到风扇，不过灯已经关了。"),
    ("洗衣机好了叫我", "好的，到时候我会通知您。"),
    ("拉窗帘", "窗帘拉上了。"),
    ("26度", "空调调到26度。"),
    ("灯关了吗", "是的，我已经帮您关了。"),
]

NO_CLAIMS = [
    ("Is the lamp on?", "The lamp is on."),
    ("Is the lamp on?", "Yes, it is now on."),
    ("Is the door locked?", "The front door is locked."),
    ("Is the washer done?", "The washing machine is done."),
    ("Turn off the lamp", "I can't turn off the lamp."),
    ("Turn off the lamp", "The lamp is already off."),
    ("Turn off the lamp", "Which lamp would you like me to turn off?"),
    ("Turn off the lamp", "Okay, which lamp do you want turned off?"),
    ("Turn off the lamp", "I'm sorry, I couldn't find a lamp of that name."),
    ("Turn off the lamp", "I haven't turned anything off."),
    ("Turn off the lamp", "The lamp was not turned off."),
    ("Turn off the lamp", "I can turn it off if you like."),
    ("Turn off the lamp", "If you'd like, I'll turn it off."),
    ("Turn off the lamp", "Would you like me to turn it off?"),
    ("Turn off the lamp", "Please specify the name of the lamp."),
    ("Turn off the lamp", "Okay, do you want me to tell you when I've turned it off?"),
    ("Turn off the lamp", "Which one, now that I've opened the list?"),
    ("Unlock it", "I don't have permission to unlock the door."),
    ("How do I do that?", "You can turn it on by saying turn on the lamp."),
    ("Tell me a joke", "Sure! Why did the chicken cross the road? To get to the other side."),
    ("Thanks", "You're welcome!"),
    ("Thanks", "Okay!"),
    ("Hello", "Hello! How can I help you today?"),
    ("What's the weather", "It will be sunny in the afternoon and turn cold at night."),
    ("Who are you", "I'm a voice assistant running on your own hardware."),
    ("When does the shop open", "It opens at nine and is closed on Sundays."),
    ("Turn it off", "Let me know if you need anything else."),
    ("灯开着吗？", "客厅的灯开着。"),
    ("灯关了吗", "灯已经关了。"),
    ("关灯", "无法关闭灯。"),
    ("关灯", "抱歉，我找不到这个设备。"),
    ("关灯", "您要关哪一盏灯？"),
    ("关灯", "请问您想关闭哪个房间的灯？"),
    ("关灯", "需要我帮您关灯吗？"),
    ("关灯", "灯本来就是关着的。"),
    ("关灯", "我可以帮您关灯，需要吗？"),
    ("关灯", "我没有关灯。"),
    ("关灯", "如果需要，我会帮您关掉。"),
    ("你好", "你好！有什么可以帮您？"),
    ("谢谢", "不客气！"),
    ("谢谢", "好的！"),
    ("讲个笑话", "好的，有一天小明去上学，老师问他为什么迟到。"),
    ("现在几度", "现在客厅是26度。"),
    ("门锁了没", "门没有锁。"),
    ("你会做什么", "我可以帮您控制家里的灯和空调。"),
]


def language_of(text: str) -> str:
    return "zh-CN" if any("\u4e00" <= char <= "\u9fff" for char in text) else "en"


@pytest.mark.parametrize(("asked", "text"), CLAIMS)
def test_these_replies_claim_something(asked: str, text: str) -> None:
    assert claims_action(text, language_of(text), asked)


@pytest.mark.parametrize(("asked", "text"), NO_CLAIMS)
def test_these_replies_claim_nothing(asked: str, text: str) -> None:
    assert not claims_action(text, language_of(text), asked)


@pytest.mark.parametrize("text", ["The lamp is on.", "Lamp off.", "灯开着。", "The louvre is open until six."])
def test_a_statement_is_a_claim_only_where_something_was_to_be_done(text: str) -> None:
    assert claims_action(text, "en", "and then?", commanded=True)
    assert not claims_action(text, "en", "tell me more", commanded=False)


@given(st.sampled_from(CLAIMS), st.sampled_from(NO_CLAIMS), st.booleans())
def test_a_claim_stays_one_in_other_company(claim: tuple[str, str], other: tuple[str, str], first: bool) -> None:
    asked, text = claim
    if text.rstrip(".!。！").casefold() in {"sure", "okay", "好的"}:
        return  # these are claims only where nothing else is said
    texts = [text, other[1]] if first else [other[1], text]
    assert claims_action("\n".join(texts), "en", asked)


@given(st.sampled_from(CLAIMS))
def test_emphasis_and_capitals_hide_no_claim(claim: tuple[str, str]) -> None:
    asked, text = claim
    assert claims_action(f"**{text}**", language_of(text), asked)
    assert claims_action(text.upper(), language_of(text), asked)


@pytest.mark.parametrize(
    ("asked", "text", "commanded"),
    [
        ("Schalte bitte das Licht aus", "Das Licht ist jetzt aus.", True),
        ("Il fait trop sombre pour lire ici", "C'est fait.", False),
        ("電気を消して", "電気を消しました。", True),
    ],
)
def test_in_other_languages_a_statement_to_a_command_and_a_short_one_are_claims(
    asked: str, text: str, commanded: bool
) -> None:
    assert claims_action(text, "fr", asked, commanded=commanded)


@pytest.mark.parametrize(
    ("asked", "text", "commanded"),
    [
        ("Schalte bitte das Licht aus", "Welches Licht meinst du?", True),
        ("Ist das Licht an?", "Das Licht ist an.", True),
        ("Erzähl mir bitte einen Witz", "Treffen sich zwei Jäger im Wald, und beide lachen sehr.", False),
        ("Hallo", "Hallo!", False),
    ],
)
def test_in_other_languages_questions_answers_and_talk_are_none(asked: str, text: str, commanded: bool) -> None:
    assert not claims_action(text, "de", asked, commanded=commanded)


@pytest.mark.parametrize(
    "text",
    [
        "I'll turn it off in ten minutes.",
        "Okay, the lamp will turn off at 9.",
        "I will let you know when the washer is done.",
        "我会在十分钟后关灯。",
        "好的，等洗衣机好了我会通知您。",
        "十分鐘後會自動關燈。",
    ],
)
def test_a_promise_puts_something_off(text: str) -> None:
    assert promises(text)


@pytest.mark.parametrize(
    "text",
    [
        "I've turned it off.",
        "I'll turn it off.",
        "It will rain tomorrow.",
        "灯已关闭。",
        "If you like, I'll do it later.",
    ],
)
def test_what_is_done_now_is_no_promise(text: str) -> None:
    assert not promises(text)


@pytest.mark.parametrize(
    "text", ["I tried to turn it off, but got an error.", "I have attempted to lock it.", "我已尝试关闭，但出错了。"]
)
def test_an_attempt_is_told_of(text: str) -> None:
    assert claims_attempt(text)
    assert not claims_attempt("The lamp is off.")


@pytest.mark.parametrize("text", ["It is 22.5 degrees. Warm!", "It is 22.5 degrees.\nWarm!", "现在22.5度。很暖！"])
def test_sentences_end_where_they_end(text: str) -> None:
    assert len(list(sentences(text))) == 2


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_is_judged_without_an_error(text: str, asked: str) -> None:
    for language in ("en", "zh", "fi"):
        assert isinstance(claims_action(text, language, asked), bool)
    assert isinstance(promises(text), bool)


NOT_DONE = ("Get", "Status", "Time", "Date", "Nevermind", "Respond", "Weather")


@pytest.mark.parametrize(("code", "asked"), [("en", "turn on the lamp"), ("zh-CN", "开灯"), ("zh-TW", "開燈")])
def test_what_home_assistant_says_of_an_action_is_a_claim(code: str, asked: str) -> None:
    """Sentences that nobody here wrote: the localised responses, with a word in the place of each slot."""
    said = [
        text
        for intent, templates in load_language(code).responses.items()
        if not any(word in intent for word in NOT_DONE)
        for text in map(filled, templates.values())
        if text and not re.search("not found|找不到|沒有取消|没有取消", text)
    ]
    missed = [text for text in said if not claims_action(text, code, asked)]
    assert len(said) > 50
    assert not missed


@pytest.mark.parametrize(("code", "asked"), [("en", "turn on the lamp"), ("zh-CN", "开灯"), ("zh-TW", "開燈")])
def test_what_home_assistant_says_of_a_failure_is_none(code: str, asked: str) -> None:
    said = [filled(text) for text in load_language(code).errors.values()]
    assert len(said) > 10
    assert not [text for text in said if claims_action(text, code, asked)]


@pytest.mark.parametrize(("code", "asked"), [("en", "is the lamp on?"), ("zh-CN", "灯开着吗"), ("zh-TW", "燈開著嗎")])
def test_what_home_assistant_answers_to_a_question_is_none(code: str, asked: str) -> None:
    responses = load_language(code).responses
    said = [filled(text) for text in responses["HassGetState"].values()]
    assert len(said) > 5
    assert not [text for text in said if claims_action(text, code, asked)]


def filled(template: str) -> str:
    """Render a template's words: the branches of a choice one after the other, each slot as one word."""
    text = re.sub(r"\{%.*?%\}", "", re.sub(r"\{\{.*?\}\}", "X1", template, flags=re.DOTALL), flags=re.DOTALL)
    return " ".join(text.split())


@pytest.mark.usefixtures("shared")
def test_most_recorded_replies_to_calls_are_claims_and_few_without_a_call_are() -> None:
    rows = [json.loads(line) for path in RECORDED.glob("*.jsonl") for line in path.read_text().splitlines()]
    told = [(bool(row["calls"]), claims_action(row["response"], "en", row["utterance"])) for row in rows]
    with_calls = [claimed for called, claimed in told if called]
    without = [claimed for called, claimed in told if not called]
    assert sum(with_calls) > 0.8 * len(with_calls)
    assert 0 < sum(without) < 0.05 * len(without)
