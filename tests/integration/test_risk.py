"""What is risky about moving a thing, and how one asks about it: rules over kinds and names, without a home."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from hypothesis import given, strategies as st
import pytest

from custom_components.sotto.consent import Consent, consent_in
from custom_components.sotto.questions import LONGEST_NAME, NAMED, declined, echoes_of, question_about
from custom_components.sotto.risk import Deed, Risk, Thing, Way, is_guarded, risks_of_moving, says_risky, way_of


def cover(name: str, device_class: str | None = None, *aliases: str) -> Thing:
    return Thing(domain="cover", name=name, aliases=aliases, device_class=device_class)


@pytest.mark.parametrize("device_class", ["door", "garage", "gate"])
@pytest.mark.parametrize("name", ["Left", "Blind", "窗帘"])
def test_a_door_is_one_however_it_is_called(device_class: str, name: str) -> None:
    assert is_guarded(cover(name, device_class))


@pytest.mark.parametrize("device_class", ["awning", "blind", "curtain", "damper", "shade", "shutter", "window"])
@pytest.mark.parametrize("name", ["Left", "Patio door", "Garage blind", "前门窗帘"])
def test_a_blind_is_none_also_beside_a_door(device_class: str, name: str) -> None:
    assert not is_guarded(cover(name, device_class))


@pytest.mark.parametrize("name", ["Garage", "Garage door", "Garagentor", "Front gate", "车库门", "卷帘门", "Ворота"])
def test_a_garage_that_its_integration_calls_a_shutter_is_told_by_its_name(name: str) -> None:
    assert is_guarded(cover(name, "shutter"))
    assert is_guarded(cover("Shelly 2", "shutter", name))


@pytest.mark.parametrize("name", ["Left", "Shelly 2", "Sliding Door", "前门", "Haustür", "Garage", "Garage blinds"])
def test_a_cover_of_unknown_kind_may_be_a_door(name: str) -> None:
    assert is_guarded(cover(name))
    assert is_guarded(cover(name, "portcullis"))


@pytest.mark.parametrize(
    "name",
    [
        "Curtain Left",
        "Bedroom blinds",
        "Roller shutters",
        "Rollladen Küche",
        "Volet salon",
        "Persiana",
        "卧室窗帘",
        "遮阳篷",
    ],
)
def test_unless_its_name_says_that_it_covers_a_window(name: str) -> None:
    assert not is_guarded(cover(name))
    assert not is_guarded(cover("Shelly 2", None, name))


@pytest.mark.parametrize(
    ("name", "guarded"),
    [
        ("Gate opener", True),
        ("gate_opener", True),
        ("Open front door", True),
        ("Garage", True),
        ("Burglar alarm", True),
        ("Türöffner", True),
        ("开门", True),
        ("车库门", True),
        ("撤防", True),
        ("Garage light", False),
        ("Garage plug", False),
        ("Front door light", False),
        ("Doorbell chime", False),
        ("Outdoor plug", False),
        ("Alarm clock", False),
        ("Child lock", False),
        ("Kettle", False),
        ("门铃", False),
        ("门口灯", False),
        ("门厅插座", False),
    ],
)
@pytest.mark.parametrize("domain", ["switch", "input_boolean", "button", "input_button"])
def test_a_relay_is_told_by_its_name(domain: str, name: str, guarded: bool) -> None:
    thing = Thing(domain=domain, name=name)
    assert is_guarded(thing) is guarded
    assert [risk.deed for risk in risks_of_moving(thing, Way.ON)] == [Deed.OPERATE] * guarded


@pytest.mark.parametrize(
    ("domain", "device_class", "way", "deed"),
    [
        ("lock", None, Way.OFF, Deed.UNLOCK),
        ("lock", None, Way.TOGGLE, Deed.UNLOCK),
        ("lock", None, Way.ON, None),
        ("alarm_control_panel", None, Way.OFF, Deed.DISARM),
        ("alarm_control_panel", None, Way.ON, None),
        ("cover", "garage", Way.ON, Deed.OPEN),
        ("cover", "garage", Way.TOGGLE, Deed.OPEN),
        ("cover", "garage", Way.OFF, None),
        ("valve", "gas", Way.ON, Deed.OPEN),
        ("valve", "gas", Way.OFF, None),
        ("valve", "water", Way.ON, None),
        ("valve", None, Way.ON, None),
        ("script", None, Way.ON, Deed.RUN),
        ("script", None, Way.OFF, None),
        ("scene", None, Way.ON, None),
        ("light", None, Way.TOGGLE, None),
        ("siren", None, Way.ON, None),
        ("automation", None, Way.OFF, None),
    ],
)
def test_what_is_done_follows_from_kind_and_direction(
    domain: str, device_class: str | None, way: Way, deed: Deed | None
) -> None:
    risks = risks_of_moving(Thing(domain=domain, name="Thing", device_class=device_class), way)
    assert [risk.deed for risk in risks] == ([] if deed is None else [deed])


LOCK = Thing(domain="lock", name="Front door")
GARAGE = cover("Garage door", "garage")
LAMP = Thing(domain="light", name="Lamp")


def test_a_scene_or_a_script_with_a_lock_in_it_lets_somebody_in() -> None:
    for domain, deed in (("scene", Deed.ACTIVATE), ("script", Deed.RUN)):
        within = Thing(domain="group", name="All", members=(LAMP, LOCK))
        assert risks_of_moving(Thing(domain=domain, name="Evening", members=(within,)), Way.ON) == [
            Risk(deed=deed, name="Evening", security=True)
        ]
    assert risks_of_moving(Thing(domain="scene", name="Evening", members=(LAMP,)), Way.ON) == []
    assert not risks_of_moving(Thing(domain="script", name="Evening", members=(LAMP,)), Way.ON)[0].security


def test_a_group_is_its_members_in_the_direction_of_each() -> None:
    group = Thing(domain="group", name="All", members=(LAMP, LOCK, GARAGE))
    assert [(risk.deed, risk.name) for risk in risks_of_moving(group, Way.ON)] == [(Deed.OPEN, "Garage door")]
    assert [(risk.deed, risk.name) for risk in risks_of_moving(group, Way.OFF)] == [(Deed.UNLOCK, "Front door")]
    assert [risk.deed for risk in risks_of_moving(group, Way.TOGGLE)] == [Deed.UNLOCK, Deed.OPEN]
    covers = Thing(domain="cover", name="All covers", members=(cover("Left", "blind"), GARAGE))
    assert [risk.name for risk in risks_of_moving(covers, Way.ON)] == ["Garage door"]
    assert not risks_of_moving(Thing(domain="cover", name="All", members=(cover("Left", "blind"),)), Way.ON)
    garages = Thing(domain="cover", name="Both", device_class="garage", members=(cover("Left", "blind"),))
    assert [risk.name for risk in risks_of_moving(garages, Way.ON)] == ["Both"]


@pytest.mark.parametrize(
    ("intent", "position", "way"),
    [
        ("HassTurnOn", None, Way.ON),
        ("HassTurnOff", None, Way.OFF),
        ("HassToggle", None, Way.TOGGLE),
        ("HassOpenCover", None, Way.ON),
        ("HassCloseCover", None, Way.OFF),
        ("HassSetPosition", 0, Way.OFF),
        ("HassSetPosition", "0", Way.OFF),
        ("HassSetPosition", 1, Way.ON),
        ("HassSetPosition", "open", Way.ON),
        ("HassSetPosition", ["0"], Way.ON),
        ("HassSetPosition", None, Way.ON),
        ("HassLightSet", None, None),
        ("HassGetState", None, None),
    ],
)
def test_the_direction_of_an_intent(intent: str, position: object, way: Way | None) -> None:
    assert way_of(intent, position) is way


@pytest.mark.parametrize(
    ("words", "risky"),
    [
        ("unlockCar", True),
        ("lock.unlock", True),
        ("disarm_alarm", True),
        ("call_action light.turn_on", True),
        ("cover.open_cover", True),
        ("解锁", True),
        ("turn_on light.bed", False),
        ("get_block", False),
        ("opening_hours", True),
        ("reopened", False),
        ("clock", False),
    ],
)
def test_words_that_say_that_somebody_may_get_in(words: str, risky: bool) -> None:
    assert says_risky(words) is risky


def unlock(*names: str) -> list[Risk]:
    return [Risk(deed=Deed.UNLOCK, name=name) for name in names]


@pytest.mark.parametrize(
    ("risks", "english", "chinese"),
    [
        (unlock("Front Door"), "Shall I unlock the Front Door?", "要我打开Front Door的锁吗？"),
        (unlock("前门"), "Shall I unlock the 前门?", "要我打开前门的锁吗？"),
        (unlock("前门锁"), "Shall I unlock the 前门锁?", "要我打开前门锁吗？"),
        (unlock("the cellar"), "Shall I unlock the cellar?", "要我打开the cellar的锁吗？"),
        (unlock("Anna's room"), "Shall I unlock Anna's room?", "要我打开Anna's room的锁吗？"),
        (unlock("前门", "前门"), "Shall I unlock the 前门?", "要我打开前门的锁吗？"),
        (
            [*unlock("前门", "后门"), Risk(deed=Deed.OPEN, name="车库门")],
            "Shall I unlock the 前门 and the 后门 and open the 车库门?",
            "要我打开前门的锁、后门的锁，并打开车库门吗？",
        ),
        ([Risk(deed=Deed.DISARM, name="Alarm")], "Shall I disarm the Alarm?", "要我给Alarm撤防吗？"),
        ([Risk(deed=Deed.OPERATE, name="开门")], "Shall I operate the 开门?", "要我操作开门吗？"),
        ([Risk(deed=Deed.RUN, name="离家")], "Shall I run 离家?", "要我运行“离家”吗？"),
        (
            [Risk(deed=Deed.SAY, name="open the shed", delay={"seconds": 1})],
            "Shall I carry out “open the shed” in 1 second?",
            "要我在1秒后执行“open the shed”吗？",
        ),
        (
            [Risk(deed=Deed.OPEN, name="车库门", delay={"hours": 1, "minutes": 2, "seconds": 3})],
            "Shall I open the 车库门 in 1 hour, 2 minutes and 3 seconds?",
            "要我在1小时2分钟3秒后打开车库门吗？",
        ),
    ],
)
def test_a_question_says_what_would_happen(risks: list[Risk], english: str, chinese: str) -> None:
    assert question_about(risks, "en") == english
    assert question_about(risks, "de") == english
    assert question_about(risks, "zh-CN") == chinese


RISKS = st.lists(
    st.builds(
        Risk,
        deed=st.sampled_from(Deed),
        name=st.text(max_size=100),
        of=st.text(max_size=100),
        delay=st.dictionaries(st.sampled_from(["hours", "minutes", "seconds"]), st.integers(1, 99)),
    ),
    min_size=1,
    max_size=8,
)


@given(RISKS, st.sampled_from(["en", "zh-CN", "sw"]))
def test_whatever_things_are_called_it_is_one_question_on_one_line(risks: list[Risk], language: str) -> None:
    question = question_about(risks, language)
    assert question[-1] in "?？"
    assert "\n" not in question
    assert not set("?？!！。;；") & set(question[:-1])
    assert len(question) < 100 + len(Deed) * 3 * (NAMED + 1) * (LONGEST_NAME + 20)


@given(RISKS, st.sampled_from(["en", "zh-CN"]))
def test_a_no_is_never_understood_as_repeating_the_question(risks: list[Risk], language: str) -> None:
    echoes = echoes_of(risks, language)
    assert consent_in("no" if language == "en" else "不要", language, echoes) is Consent.NO


def test_what_was_asked_may_be_repeated() -> None:
    assert "unlock it" in echoes_of(unlock("Front Door"), "en")
    assert "unlock the Front Door" in echoes_of(unlock("Front Door"), "en")
    assert "打开前门的锁" in echoes_of(unlock("前门"), "zh-CN")
    assert "打开吧" in echoes_of(unlock("前门"), "zh-CN")
    assert "打开吧" not in echoes_of([Risk(deed=Deed.REMOVE, name="牛奶", of="清单")], "zh-CN")


def test_a_no_is_confirmed_in_the_users_language() -> None:
    assert declined("en") == "All right, I won't."
    assert declined("zh-TW") == "好的，那就不做了。"
