"""What holds for every call: it names only what exists, and a right one stays as it is."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.calls_house import CHINESE_HOUSE, HOUSE
from wyoming_servers.conversation.calls.call import Call, Question, Situation
from wyoming_servers.conversation.calls.resolver import resolve
from wyoming_servers.home.model import HomeSnapshot
from wyoming_servers.home.targets import ANY_DOMAIN, DOMAINS

TOOLS = sorted([*DOMAINS, *ANY_DOMAIN, "GetLiveContext", "HassStartTimer", "assist__intent__HassTurnOff", "", "__"])
SLOTS = ["name", "area", "floor", "domain", "device_class", "brightness", "percentage", "position", "item", "x"]

homes = st.sampled_from([HOUSE, CHINESE_HOUSE, HomeSnapshot()])
WORDS = """turn on off the lamp lamps hall kitchen study loft door lock unlock all open close gate stop pause next
radio not bolt fan 2 50% half list market errands vacuum 打开 关掉 客厅 书房 灯 所有的 锁上 大门 窗帘 风扇"""
words = st.sampled_from(WORDS.split())
sentences = st.lists(words, max_size=8).map(" ".join)
NAMED: list[Any] = [each for home in (HOUSE, CHINESE_HOUSE) for each in (*home.entities, *home.areas, *home.floors)]
names = st.sampled_from(
    [name for each in NAMED for name in each.names]
    + ["Hall Lamp 3", "House", "light", "lock", "all", "", "Counter Spots, worktop lamp", "Studdy", "客听吊灯"]
)
kinds = st.sampled_from(["light", "lock", "cover", "switch", "valve", "vacuum", "door", "speaker", "gate", "灯", ""])
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)
likely_args = st.fixed_dictionaries(
    {},
    optional={
        "name": names,
        "area": names,
        "floor": names,
        "domain": st.lists(kinds, max_size=2) | kinds,
        "device_class": st.lists(kinds, max_size=2) | kinds,
        "brightness": st.integers(-5, 300) | st.floats(0, 1) | st.just("50%"),
        "item": st.text(max_size=8),
    },
)
odd_args = st.dictionaries(st.sampled_from(SLOTS), odd | names, max_size=6)
situations = st.builds(
    lambda home, text, area: Situation(home, text, home.areas[area % len(home.areas)] if home.areas and area else None),
    homes,
    sentences | st.text(max_size=20),
    st.integers(0, 3),
)
calls = st.builds(Call, st.sampled_from(TOOLS), likely_args)


@given(st.builds(Call, st.sampled_from(TOOLS) | st.text(max_size=8), odd_args), situations)
def test_odd_arguments_never_raise(call: Call, situation: Situation) -> None:
    assert isinstance(resolve(call, situation), Call | Question)


@given(odd, situations)
def test_arguments_that_are_no_object_never_raise(args: Any, situation: Situation) -> None:
    assert isinstance(resolve(Call("HassTurnOn", args), situation), Call | Question)


@given(calls, situations)
def test_resolving_twice_is_resolving_once(call: Call, situation: Situation) -> None:
    once = resolve(call, situation)
    if isinstance(once, Call):
        assert resolve(once, situation) == once


@given(calls, situations)
def test_what_is_put_in_exists(call: Call, situation: Situation) -> None:
    resolution = resolve(call, situation)
    if isinstance(resolution, Question):
        known = {entity.entity_id for entity in situation.home.entities}
        assert {entity.entity_id for entity in resolution.candidates} <= known
        return
    for slot, value in resolution.args.items():
        written = call.args.get(slot)
        parts = written if isinstance(written, list) else [written]
        if value != written and not (isinstance(value, list) and set(value) <= set(parts)):
            assert value in _known(situation.home, slot) or slot == "brightness"


def _known(home: HomeSnapshot, slot: str) -> list[Any]:
    known: dict[str, list[Any]] = {
        "name": [entity.name for entity in home.entities],
        "area": [area.name for area in home.areas],
        "floor": [floor.name for floor in home.floors],
        "domain": [[domain] for domain in {entity.domain for entity in home.entities}]
        + [sorted(domains) for domains in DOMAINS.values()],
    }
    return known.get(slot, [])


@given(st.sampled_from(["HassTurnOn", "HassTurnOff"]), st.sampled_from(HOUSE.entities), st.booleans())
def test_a_right_call_is_unchanged(tool: str, entity: Any, full: bool) -> None:
    if entity.domain in {"vacuum", "sensor", "binary_sensor", "todo"}:
        return
    area = HOUSE.area(entity.area_id)
    args = {"name": entity.name, "domain": [entity.domain], **({"area": area.name} if area and full else {})}
    said = f"{'on' if tool == 'HassTurnOn' else 'off'}, {entity.name}" if entity.domain != "lock" else entity.name
    assert resolve(Call(tool, args), Situation(HOUSE, said)) == Call(tool, args)


@given(st.sampled_from(HOUSE.entities), st.sampled_from(HOUSE.entities), sentences)
def test_a_named_thing_is_never_exchanged_for_another(entity: Any, other: Any, said: str) -> None:
    resolution = resolve(
        Call("HassTurnOn", {"name": entity.name, "area": other.area_id or "x"}), Situation(HOUSE, said)
    )
    if isinstance(resolution, Call):
        assert resolution.args["name"] == entity.name
