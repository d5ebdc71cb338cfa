"""Announcements: who speaks them, one at a time, and what is told of it."""

from __future__ import annotations

import asyncio

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.components.assist_satellite import SatelliteBusyError
from homeassistant.components.assist_satellite.entity import AssistSatelliteState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er, label_registry as lr
import probatio
import pytest

from custom_components.sotto import satellites, speaking
from custom_components.sotto.const import DOMAIN
from custom_components.sotto.services import async_setup_services
from tests.integration.announcing import ALL, KITCHEN, SOFA, Json, announce, as_far_as_it_goes, results, settle_in
from tests.integration.talkers import Home, device_of


@pytest.fixture
async def home(hass: HomeAssistant, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home in the evening, in which nobody takes long to listen again."""
    monkeypatch.setattr(satellites, "SETTLE_S", 0)
    return await settle_in(hass, freezer)


class TestWhoSpeaks:
    async def test_everybody_if_nobody_is_named(self, hass: HomeAssistant, home: Home) -> None:
        assert results(await announce(hass)) == dict.fromkeys(ALL, "spoken")
        assert home.spoken == {name: ["Dinner is ready."] for name in ALL}

    async def test_nobody_has_to_read_the_answer(self, hass: HomeAssistant, home: Home) -> None:
        await hass.services.async_call(DOMAIN, "announce", {"message": "Hello."}, blocking=True)
        assert set(home.spoken) == ALL

    @pytest.mark.parametrize(
        ("target", "speaking"),
        [
            ({"area_id": "kitchen"}, {"kitchen"}),
            ({"area_id": ["kitchen", "bedroom"]}, {"kitchen", "bedroom"}),
            ({"floor_id": "ground_floor"}, {"kitchen", "sofa", "tv"}),
            ({"floor_id": "upstairs", "entity_id": SOFA}, {"bedroom", "sofa"}),
            ({"entity_id": [SOFA, KITCHEN]}, {"sofa", "kitchen"}),
            ({"entity_id": "all"}, ALL),
        ],
    )
    async def test_those_who_are_named(self, hass: HomeAssistant, home: Home, target: Json, speaking: set[str]) -> None:
        assert set(await announce(hass, **target)) == speaking
        assert set(home.spoken) == speaking

    async def test_labels_and_devices_name_them_too(self, hass: HomeAssistant, home: Home) -> None:
        label = lr.async_get(hass).async_create("Loud").label_id
        er.async_get(hass).async_update_entity(KITCHEN, labels={label})
        assert set(await announce(hass, label_id=label)) == {"kitchen"}
        assert set(await announce(hass, device_id=device_of(hass, SOFA))) == {"sofa"}

    async def test_a_telephone_does_not_ring_because_nobody_was_named(self, hass: HomeAssistant, home: Home) -> None:
        entry = er.async_get(hass).async_get_or_create("assist_satellite", "voip", "phone", supported_features=3)
        hass.states.async_set(entry.entity_id, "idle", {"supported_features": 3})
        assert set(await announce(hass)) == ALL

    async def test_the_chime_may_be_left_out(self, hass: HomeAssistant, home: Home) -> None:
        await announce(hass, entity_id=KITCHEN)
        await announce(hass, entity_id=KITCHEN, preannounce=False)
        assert [each.preannounce_media_id is None for each in home["kitchen"].announcements] == [False, True]

    async def test_in_another_language_it_is_spoken_by_a_voice_of_that(self, hass: HomeAssistant, home: Home) -> None:
        await announce(hass, "饭好了。", entity_id=KITCHEN, language="zh")
        assert home["kitchen"].spoke_in() == "zh-CN"
        assert home["kitchen"].spoken == ["饭好了。"]


class TestWhatCannotBe:
    @pytest.mark.parametrize(
        ("target", "key"),
        [
            ({"area_id": "attic"}, "no_satellite_there"),
            ({"area_id": "no_such_area"}, "no_satellite_there"),
            ({"entity_id": "media_player.radio"}, "no_satellite_entity"),
            ({"entity_id": KITCHEN, "language": "fi"}, "language_not_spoken"),
        ],
    )
    async def test_it_is_said_what_is_wrong(self, hass: HomeAssistant, home: Home, target: Json, key: str) -> None:
        with pytest.raises(ServiceValidationError) as caught:
            await announce(hass, **target)
        assert caught.value.translation_key == key
        assert not home.spoken

    async def test_a_home_without_satellites(self, hass: HomeAssistant) -> None:
        await async_setup_services(hass)
        with pytest.raises(ServiceValidationError) as caught:
            await announce(hass)
        assert caught.value.translation_key == "no_satellite"

    @pytest.mark.parametrize("data", [{"message": " "}, {"priority": "highest"}, {"volume": 11}])
    async def test_nonsense_is_refused(self, hass: HomeAssistant, home: Home, data: Json) -> None:
        with pytest.raises(probatio.Invalid):
            await announce(hass, **{"message": "Hello.", **data})

    async def test_whoever_may_not_control_a_satellite_does_not_announce_on_it(
        self, hass: HomeAssistant, home: Home, hass_read_only_user: User
    ) -> None:
        with pytest.raises(Unauthorized):
            await announce(hass, priority="urgent", context=Context(user_id=hass_read_only_user.id))
        assert not home.spoken


class TestFailures:
    async def test_one_that_is_away_one_that_fails_and_one_that_cannot_keep_nobody_else_from_it(
        self, hass: HomeAssistant, home: Home
    ) -> None:
        home["kitchen"].leave()
        home["sofa"].fails = HomeAssistantError("The cable is loose.")
        home["tv"].fails = ConnectionError()
        named = [f"assist_satellite.{name}" for name in ("kitchen", "sofa", "tv", "old", "bedroom")]
        told = await announce(hass, entity_id=[*named, "assist_satellite.ghost"])
        assert told == {
            "bedroom": {"result": "spoken"},
            "ghost": {"result": "failed", "reason": "unavailable"},
            "kitchen": {"result": "failed", "reason": "unavailable"},
            "old": {"result": "failed", "reason": "unsupported"},
            "sofa": {"result": "failed", "reason": "error", "error": "The cable is loose."},
            "tv": {"result": "failed", "reason": "error", "error": "ConnectionError"},
        }
        assert home.spoken == {"bedroom": ["Dinner is ready."]}

    async def test_if_nobody_hears_it_that_is_an_error(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].leave()
        with pytest.raises(HomeAssistantError) as caught:
            await announce(hass, area_id="kitchen")
        assert caught.value.translation_key == "satellites_unavailable"
        assert caught.value.translation_placeholders is not None
        assert caught.value.translation_placeholders["satellites"] == "Kitchen"

    async def test_for_several_reasons_all_are_told(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].leave()
        home["sofa"].fails = HomeAssistantError("The cable is loose.")
        with pytest.raises(HomeAssistantError) as caught:
            await announce(hass, entity_id=[KITCHEN, SOFA])
        assert caught.value.translation_key == "announce_failed"
        assert caught.value.translation_placeholders == {
            "satellites": "Kitchen, Sofa",
            "error": "The cable is loose.; unavailable",
        }

    async def test_one_that_never_ends_is_given_up(
        self, hass: HomeAssistant, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(speaking, "time_limit_s", lambda _: 0)
        home["kitchen"].may_end.clear()
        told = await announce(hass, entity_id=[KITCHEN, SOFA])
        assert told["kitchen"] == {"result": "failed", "reason": "timeout"}
        monkeypatch.undo()
        home["kitchen"].may_end.set()
        assert results(await announce(hass, entity_id=KITCHEN)) == {"kitchen": "spoken"}

    def test_the_limit_grows_with_the_words(self) -> None:
        assert speaking.time_limit_s("") == 30
        assert speaking.time_limit_s("x" * 100) == 80


class TestTurns:
    async def test_all_speak_at_the_same_time_and_one_thing_after_another_on_each(
        self, hass: HomeAssistant, home: Home
    ) -> None:
        for name in ("kitchen", "sofa"):
            home[name].may_end.clear()
        first = asyncio.create_task(announce(hass, "One.", entity_id=[KITCHEN, SOFA]))
        await asyncio.gather(home["kitchen"].begun.wait(), home["sofa"].begun.wait())
        others = [asyncio.create_task(announce(hass, words, entity_id=KITCHEN)) for words in ("Two.", "Three.")]
        await as_far_as_it_goes()
        assert [each.message for each in home["kitchen"].announcements] == ["One."]
        home["sofa"].may_end.set()
        home["kitchen"].may_end.set()
        await asyncio.gather(first, *others)
        assert home.spoken == {"kitchen": ["One.", "Two.", "Three."], "sofa": ["One."]}

    async def test_what_is_urgent_comes_before_what_waits(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].may_end.clear()
        tasks = [asyncio.create_task(announce(hass, "One.", entity_id=KITCHEN))]
        await home["kitchen"].begun.wait()
        for words, priority in (("Low.", "low"), ("Normal.", "normal"), ("Fire!", "urgent"), ("Smoke!", "urgent")):
            tasks.append(asyncio.create_task(announce(hass, words, entity_id=KITCHEN, priority=priority)))
            await as_far_as_it_goes()
        home["kitchen"].may_end.set()
        await asyncio.gather(*tasks)
        assert home["kitchen"].spoken == ["One.", "Fire!", "Smoke!", "Normal.", "Low."]

    @pytest.mark.parametrize("state", ["listening", "processing", "responding"])
    async def test_nobody_is_interrupted_who_speaks_with_a_satellite(
        self, hass: HomeAssistant, home: Home, state: str
    ) -> None:
        home["kitchen"].become(AssistSatelliteState(state))
        task = asyncio.create_task(announce(hass, entity_id=KITCHEN))
        await as_far_as_it_goes()
        assert not home["kitchen"].begun.is_set()
        home["kitchen"].become(AssistSatelliteState.IDLE)
        assert results(await task) == {"kitchen": "spoken"}

    async def test_nor_in_the_moment_before_a_satellite_listens_again(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].become(AssistSatelliteState.RESPONDING)
        task = asyncio.create_task(announce(hass, entity_id=KITCHEN))
        await as_far_as_it_goes()
        home["kitchen"].become(AssistSatelliteState.IDLE)
        home["kitchen"].become(AssistSatelliteState.LISTENING)
        await as_far_as_it_goes()
        assert not home["kitchen"].begun.is_set()
        home["kitchen"].become(AssistSatelliteState.IDLE)
        assert results(await task) == {"kitchen": "spoken"}

    async def test_but_for_something_urgent(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].become(AssistSatelliteState.LISTENING)
        assert results(await announce(hass, "Fire!", entity_id=KITCHEN, priority="urgent")) == {"kitchen": "spoken"}

    async def test_a_conversation_that_does_not_end_is_told(
        self, hass: HomeAssistant, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(speaking, "FREE_WITHIN_S", 0)
        home["kitchen"].become(AssistSatelliteState.LISTENING)
        with pytest.raises(HomeAssistantError) as caught:
            await announce(hass, entity_id=KITCHEN)
        assert caught.value.translation_key == "satellites_busy"

    async def test_what_another_automation_announces_is_waited_for(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].may_end.clear()
        data = {"message": "From core.", "entity_id": KITCHEN}
        other = asyncio.create_task(hass.services.async_call("assist_satellite", "announce", data, blocking=True))
        await home["kitchen"].begun.wait()
        task = asyncio.create_task(announce(hass, "Fire!", entity_id=KITCHEN, priority="urgent"))
        await as_far_as_it_goes()
        assert len(home["kitchen"].announcements) == 1
        home["kitchen"].may_end.set()
        await asyncio.gather(other, task)
        assert home["kitchen"].spoken == ["From core.", "Fire!"]

    async def test_one_that_is_always_busy_is_given_up(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].fails = SatelliteBusyError()
        with pytest.raises(HomeAssistantError) as caught:
            await announce(hass, entity_id=KITCHEN)
        assert caught.value.translation_key == "satellites_busy"
        assert len(home["kitchen"].announcements) == speaking.TRIES

    async def test_one_that_leaves_while_it_is_waited_for_is_not_said_to_have_spoken(
        self, hass: HomeAssistant, home: Home
    ) -> None:
        home["kitchen"].become(AssistSatelliteState.RESPONDING)
        task = asyncio.create_task(announce(hass, entity_id=[KITCHEN, SOFA]))
        await as_far_as_it_goes()
        home["kitchen"].leave()
        assert (await task)["kitchen"] == {"result": "failed", "reason": "unavailable"}

    async def test_a_turn_that_is_given_up_is_passed_on(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].may_end.clear()
        first, second, third = (
            asyncio.create_task(announce(hass, words, entity_id=KITCHEN)) for words in ("One.", "Two.", "Three.")
        )
        await home["kitchen"].begun.wait()
        await as_far_as_it_goes()
        second.cancel()
        home["kitchen"].may_end.set()
        await asyncio.gather(first, third)
        assert home["kitchen"].spoken == ["One.", "Three."]
