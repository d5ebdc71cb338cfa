"""The `phrases` engine, from audio to a text that Home Assistant understands."""

from __future__ import annotations

import wave
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import home_assistant_intents
import numpy as np
import pytest
import yaml
from hassil import Intents, recognize_best
from hassil.intents import TextSlotList

from tests.stand_ins import MakeSpeech
from wyoming_servers.errors import EngineUnavailableError
from wyoming_servers.home.model import Area, Entity, HomeSnapshot
from wyoming_servers.stt.engine import RATE_HZ, Recognition, SttRequest
from wyoming_servers.stt.engines.phrases import PhrasesEngine
from wyoming_servers.stt.phrases.sentences import home_patterns
from wyoming_servers.worker import Cancellation

AUDIO = Path(__file__).parents[3] / "shared" / "audio"
RECORDED_HOME = AUDIO / "commands" / "home_en.yaml"
NOT_ENGLISH = {"living_room_light_de", "living_room_light_zh"}
UNNAMED = {"living_room_light_en": "turn on the living room light"}
"""What the recordings say whose file names do not."""
LEAST_UNDERSTOOD = 16
INTENTS = Intents.from_dict(home_assistant_intents.get_intents("en") or {})

HOME = HomeSnapshot(
    areas=(Area("kitchen", "Kitchen"), Area("office", "Office")),
    entities=(
        Entity("light.bed", "Bed Light"),
        Entity("lock.front", "Front Door"),
        Entity("cover.garage", "Garage Door"),
        Entity("cover.blind", "Left Blind", area_id="kitchen", device_class="blind"),
        Entity("climate.ecobee", "EcoBee"),
        Entity("media_player.tv", "TV"),
        Entity("fan.ceiling", "Ceiling Fan"),
        Entity("vacuum.robbie", "Robbie"),
        Entity("lawn_mower.mower", "Mower"),
        Entity("scene.mood", "Mood Lighting"),
        Entity("script.party", "Party Time"),
        Entity("sensor.humidity", "Outdoor Humidity"),
        Entity("todo.shopping", "Shopping List"),
        Entity("weather.new_york", "New York"),
        Entity("person.alice", "Alice"),
        Entity("button.restart", "Restart"),
        Entity("valve.garden", "Garden Valve"),
    ),
)


def lists(home: HomeSnapshot) -> dict[str, Any]:
    names = [
        (name, name, {"domain": entity.domain, "device_class": entity.device_class})
        for entity in home.entities
        for name in entity.names
    ]
    areas = [(area.name, area.name) for area in home.areas]
    return {
        "name": TextSlotList.from_tuples(names, name="name"),
        "area": TextSlotList.from_tuples(areas, name="area"),
        "floor": TextSlotList.from_tuples([], name="floor"),
    }


def understood(text: str, slots: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return the intent and its slots, as Home Assistant reads the text for a satellite in the kitchen."""
    found = recognize_best(
        text,
        INTENTS,
        slot_lists=dict(slots),
        intent_context={"area": "Kitchen"},
        best_slot_name="name",
        language="en",
    )
    return None if found is None else (found.intent.name, {key: slot.value for key, slot in found.entities.items()})


def recorded_home() -> HomeSnapshot:
    if not RECORDED_HOME.exists():
        pytest.skip(f"The recordings are not there: {AUDIO}")
    fixtures = yaml.safe_load(RECORDED_HOME.read_text(encoding="utf-8"))["fixtures"]
    named = [(item["domain"], item["name"]) for item in fixtures["entities"]]
    named += [("light", "Living Room Light"), ("light", "Living Room Lamp")]
    areas = [item["name"] for item in fixtures["areas"]] + ["Living Room"]
    return HomeSnapshot(
        areas=tuple(Area(name.lower(), name) for name in areas),
        entities=tuple(
            Entity(f"{domain}.{number}", name, area_id="living room" if "Living" in name else None)
            for number, (domain, name) in enumerate(named)
        ),
    )


def read_wave(path: Path) -> bytes:
    with wave.open(str(path)) as recording:
        return bytes(recording.readframes(recording.getnframes()))


def hear(engine: PhrasesEngine, pcm: bytes, *names: str) -> Recognition:
    session = engine.start_session(SttRequest("en", names))
    session.feed(pcm)
    recognition = session.recognize(Cancellation())
    session.close()
    return recognition


@pytest.fixture(scope="module")
def engine() -> PhrasesEngine:
    engine = PhrasesEngine()
    engine.load()
    engine.set_home(HOME)
    return engine


# --- Recordings -----------------------------------------------------------------------------------------------------


def test_recorded_commands_are_understood_and_none_is_misunderstood() -> None:
    home = recorded_home()
    engine = PhrasesEngine()
    engine.load()
    engine.set_home(home)
    slots = lists(home)
    paths = [path for path in (AUDIO / "commands").glob("*.wav") if path.stem not in NOT_ENGLISH]
    said = {path: UNNAMED.get(path.stem, path.stem.replace("_", " ")) for path in paths}
    heard = {path: hear(engine, read_wave(path)).text for path in paths}
    right = [path for path in paths if heard[path] and understood(heard[path], slots) == understood(said[path], slots)]
    assert not {said[path]: heard[path] for path in paths if heard[path] and path not in right}
    assert len(right) >= LEAST_UNDERSTOOD


@pytest.mark.parametrize("folder", ["out_of_vocabulary", "wake"])
def test_recorded_speech_that_is_no_command_is_refused(folder: str) -> None:
    home = recorded_home()
    engine = PhrasesEngine()
    engine.load()
    engine.set_home(home)
    assert {path.name: hear(engine, read_wave(path)).text for path in (AUDIO / folder).glob("*.wav")} == {
        path.name: "" for path in (AUDIO / folder).glob("*.wav")
    }


# --- Synthesised speech ---------------------------------------------------------------------------------------------

SPOKEN = [
    "turn on the Bed Light",
    "turn off the Bed Light",
    "lock the Front Door",
    "is the Front Door locked",
    "open the Garage Door",
    "close the Garage Door",
    "what's the weather in New York",
    "what is the temperature of the EcoBee",
    "what time is it",
    "cancel all timers",
    "set a timer for 2 hours and 30 minutes",
    "add milk to my Shopping List",
    "turn off the lights in the Office",
    "set the Bed Light to blue",
    "run Party Time",
]
OPPOSITES = ["unlock the Front Door", "unlock Front Door", "turn off the TV", "turn the TV off", "turn down the volume"]


def quiet(duration_s: float) -> bytes:
    """Return what a microphone hears in a quiet room."""
    noise = np.random.default_rng(0).normal(size=int(duration_s * RATE_HZ)) * 30
    return bytes(noise.astype("<i2").tobytes())


@pytest.fixture(scope="session")
def say(make_speech: MakeSpeech) -> MakeSpeech:
    return lambda text: quiet(0.25) + make_speech(text) + quiet(0.25)


@pytest.mark.parametrize("text", SPOKEN)
def test_a_command_is_read(engine: PhrasesEngine, say: MakeSpeech, text: str) -> None:
    slots = lists(HOME)
    assert understood(hear(engine, say(text)).text, slots) == understood(text, slots)


@pytest.mark.parametrize("text", OPPOSITES)
def test_what_is_hard_to_tell_from_its_opposite_is_read_or_refused(
    engine: PhrasesEngine, say: MakeSpeech, text: str
) -> None:
    slots = lists(HOME)
    heard = hear(engine, say(text)).text
    assert not heard or understood(heard, slots) == understood(text, slots)


@pytest.mark.parametrize(
    "text", ["once upon a time there lived an old king", "the stock market fell sharply yesterday"]
)
def test_other_speech_is_refused(engine: PhrasesEngine, say: MakeSpeech, text: str) -> None:
    assert hear(engine, say(text)) == Recognition("", "en")


@pytest.mark.parametrize("pcm", [b"", b"\0", bytes(2 * RATE_HZ), quiet(2.0), quiet(0.1)])
def test_where_nobody_speaks_nothing_is_heard(engine: PhrasesEngine, pcm: bytes) -> None:
    assert hear(engine, pcm).text == ""


def test_a_command_is_complete_unless_a_likelier_one_begins_with_it(engine: PhrasesEngine, say: MakeSpeech) -> None:
    assert hear(engine, say("turn on the Bed Light")).complete
    assert not hear(engine, say("what's the weather")).complete


def test_a_session_hears_all_that_it_was_fed(engine: PhrasesEngine, say: MakeSpeech) -> None:
    pcm = say("turn on the Bed Light")
    session = engine.start_session(SttRequest("en-GB"))
    session.feed(pcm[: len(pcm) // 3])
    session.recognize(Cancellation())
    session.feed(pcm[len(pcm) // 3 :])
    heard = session.recognize(Cancellation())
    assert heard == Recognition(hear(engine, pcm).text, "en-GB", complete=True)


def test_what_one_session_hears_leaves_nothing_in_another(engine: PhrasesEngine, say: MakeSpeech) -> None:
    texts = SPOKEN[:4]
    alone = [hear(engine, say(text)).text for text in texts]
    loud = np.random.default_rng(1).normal(size=RATE_HZ).astype("<f4") * 8000
    hear(engine, loud.astype("<i2").tobytes())
    assert [hear(engine, say(text)).text for text in texts] == alone


def test_twenty_sessions_at_once_do_not_mix(engine: PhrasesEngine, say: MakeSpeech) -> None:
    spoken = [(text, say(text)) for text in SPOKEN[:4]] * 5
    alone = {text: hear(engine, pcm).text for text, pcm in spoken[:4]}
    with ThreadPoolExecutor(20) as threads:
        heard = list(threads.map(lambda item: (item[0], hear(engine, item[1]).text), spoken))
    assert heard == [(text, alone[text]) for text, _ in spoken]


def test_a_cancelled_recognition_is_empty_and_harms_no_other(engine: PhrasesEngine, say: MakeSpeech) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    session = engine.start_session(SttRequest())
    session.feed(say("turn on the Bed Light"))
    assert session.recognize(cancellation).text == ""
    assert session.recognize(Cancellation()).text == "turn on the Bed Light"


# --- Homes ----------------------------------------------------------------------------------------------------------


def test_every_sentence_is_understood_by_home_assistant_as_it_is_meant() -> None:
    slots = lists(HOME)
    intents: dict[str, set[str]] = {}
    for pattern in home_patterns(HOME):
        sentence = pattern.sentence(37)
        found = understood(sentence.text, slots)
        assert found is not None, sentence.text
        intents.setdefault(pattern.effect.partition("|")[0], set()).add(found[0])
    # To open and to lock is to turn on, to close and to unlock is to turn off.
    two = {"cover", "lock", "lights", "fans", "covers"}
    assert {effect for effect, found in intents.items() if len(found) > 1} == two


def test_the_same_effect_is_the_same_to_home_assistant() -> None:
    slots = lists(HOME)
    meanings: dict[str, str] = {}
    for pattern in home_patterns(HOME):
        if pattern.effect.startswith(("switch", "lock", "cover|", "lights")) and "its_area" not in pattern.text:
            intent, values = understood(pattern.text, slots) or ("", {})
            if "area" in values and "name" in values:
                continue
            meaning = f"{intent} {sorted(values.items())}"
            assert meanings.setdefault(pattern.effect, meaning) == meaning, pattern.text


def test_a_new_home_counts_for_the_sessions_that_start_from_then_on(say: MakeSpeech) -> None:
    engine = PhrasesEngine()
    engine.set_home(HOME)
    engine.load()
    pcm = say("turn on the Bed Light")
    before = engine.start_session(SttRequest())
    engine.set_home(HomeSnapshot(entities=(Entity("lock.front", "Front Door"),)))
    before.feed(pcm)
    assert before.recognize(Cancellation()).text == "turn on the Bed Light"
    assert hear(engine, pcm).text == ""


def test_a_request_may_bring_names_of_its_own(engine: PhrasesEngine, say: MakeSpeech) -> None:
    pcm = say("turn on the coffee machine")
    assert hear(engine, pcm).text == ""
    assert hear(engine, pcm, "Coffee Machine", "Kitchen", "\u706f").text.lower() == "turn on the coffee machine"


def test_an_empty_home_still_has_timers(say: MakeSpeech) -> None:
    engine = PhrasesEngine()
    engine.load()
    assert hear(engine, say("cancel all timers")).text == "cancel all timers"


def test_a_name_that_cannot_be_said_in_english_is_left_out() -> None:
    engine = PhrasesEngine()
    engine.load()
    engine.set_home(HomeSnapshot(entities=(Entity("light.a", "\u706f"), Entity("light.b", "Lamp"))))
    assert hear(engine, quiet(1.0)).text == ""


@pytest.mark.parametrize(
    "name", ["{name}", "W" * 40, "W" * 41, "L" * 300, "very " * 100 + "long", "a|b [c", "\x00", "💡"]
)
def test_no_name_keeps_the_engine_from_the_other_names(say: MakeSpeech, name: str) -> None:
    engine = PhrasesEngine()
    engine.load()
    home = HomeSnapshot(
        areas=(Area("odd", name),),
        entities=(Entity("lock.front", "Front Door"), Entity("light.odd", name, (name,), area_id="odd")),
    )
    engine.set_home(home)
    assert hear(engine, say("lock the Front Door")).text == "lock the Front Door"


def test_a_model_that_is_not_there_is_reported_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match=r"cannot be read.*Install"):
        PhrasesEngine(model_dir=tmp_path).load()


def test_no_session_starts_before_the_engine_is_loaded() -> None:
    with pytest.raises(EngineUnavailableError):
        PhrasesEngine().start_session(SttRequest())


def test_the_engine_says_what_it_is() -> None:
    capabilities = PhrasesEngine().capabilities
    assert capabilities.name == "phrases"
    assert all(language.partition("-")[0] == "en" for language in capabilities.languages)
