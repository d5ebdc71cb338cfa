"""Asking somebody something: a real pipeline hears the answer, and words or the language model tell which one it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any

from homeassistant.auth.models import User
from homeassistant.components.assist_satellite import SatelliteBusyError
from homeassistant.components.assist_satellite.entity import AssistSatelliteState
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto import asking_aloud, satellites
from custom_components.sotto.answers import YES_OR_NO, Choice, completion, decision, match
from custom_components.sotto.client import SottoClient
from custom_components.sotto.const import DOMAIN
from custom_components.sotto.services import async_setup_services
from custom_components.sotto.speaking_order import Rank, SpeakingOrder
from tests.conversation import scripted_endpoint as model
from tests.integration.announcing import KITCHEN, SOFA, announce, as_far_as_it_goes
from tests.integration.real_door import real_door
from tests.integration.scripted_answer import Answer, Break, Hang, Text, refuses, says
from tests.integration.scripted_server import ScriptedServer
from tests.integration.talkers import Home, move_in

MUSIC = (
    Choice("jazz", ("jazz [music]", "爵士[乐]")),
    Choice("album", ("play {album} by {artist}",)),
    Choice("nothing", ("nothing", "be quiet")),
)
CHOICES = [{"id": choice.id, "sentences": list(choice.sentences)} for choice in MUSIC]


@pytest.fixture
async def home(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home without a Sotto server."""
    monkeypatch.setattr(satellites, "SETTLE_S", 0)
    home = await move_in(hass)
    await async_setup_services(hass)
    return home


@pytest.fixture
async def thinking_home(hass: HomeAssistant, entry: MockConfigEntry) -> Home:
    """Return a home with one."""
    return await move_in(hass)


async def ask(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Ask in the kitchen, unless told otherwise."""
    context = data.pop("context", None)
    data = {"question": "What shall I play?", **({} if "nowhere" in data else {"entity_id": KITCHEN}), **data}
    data.pop("nowhere", None)
    answer: Any = await hass.services.async_call(
        DOMAIN, "ask", data, blocking=True, return_response=True, context=context
    )
    return dict(answer)


def decides(choice: str | None) -> Sequence[Any]:
    return says(json.dumps({"choice": choice}))


class TestMatching:
    @pytest.mark.parametrize(
        ("answer", "choice"),
        [
            ("Jazz.", "jazz"),
            ("jazz music, please!", "jazz"),
            ("Um, jazz", "jazz"),
            ("爵士。", "jazz"),
            ("爵 士 乐 谢 谢", "jazz"),
            ("Nothing!", "nothing"),
            ("Be quiet.", "nothing"),
            ("not jazz", None),
            ("jazz or nothing", None),
            ("something nice", None),
            ("", None),
        ],
    )
    def test_words_alone(self, answer: str, choice: str | None) -> None:
        found = match(answer, MUSIC, "en")
        assert (found.id if found else None) == choice

    def test_placeholders(self) -> None:
        found = match("Play the White Album by the Beatles", MUSIC, "en")
        assert found is not None
        assert found.slots == {"album": "the White Album", "artist": "the Beatles"}

    @pytest.mark.parametrize(
        ("answer", "language", "choice"),
        [
            ("Yes, please.", "en", "yes"),
            ("sure", "en", "yes"),
            ("No thanks!", "en", "no"),
            ("don't", "en", "no"),
            ("好的,谢谢。", "zh-Hans", "yes"),
            ("可 以", "en", "yes"),
            ("不用了", "zh-Hans", "no"),
            ("先不用", "en", "no"),
            ("Ja, gerne", "de", "yes"),
            ("yes but later", "en", None),
            ("maybe", "en", None),
        ],
    )
    def test_yes_and_no(self, answer: str, language: str, choice: str | None) -> None:
        found = match(answer, YES_OR_NO, language)
        assert (found.id if found else None) == choice


class TestDeciding:
    def test_the_model_may_only_choose_or_choose_nothing(self) -> None:
        body = completion("What?", "hm", MUSIC)
        schema = body["response_format"]["json_schema"]["schema"]
        assert schema["properties"]["choice"]["enum"] == ["jazz", "album", "nothing", None]
        told = json.loads(body["messages"][-1]["content"])
        assert told["answer"] == "hm"
        assert list(told["choices"]) == ["jazz", "album", "nothing"]

    @pytest.mark.parametrize(("written", "chosen"), [('{"choice": "jazz"}', "jazz"), ('{"choice": null}', None)])
    def test_what_it_chose(self, written: str, chosen: str | None) -> None:
        assert decision(written, MUSIC) == chosen

    @pytest.mark.parametrize("written", ["", "jazz", "{}", "[]", "null", '{"choice": "rock"}', '{"choice": ["jazz"]}'])
    def test_what_is_no_choice(self, written: str) -> None:
        with pytest.raises(ValueError):
            decision(written, MUSIC)


class TestAnswers:
    async def test_any_answer_will_do_without_choices(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].reply = "Something by Miles Davis."
        assert await ask(hass) == {
            "answer": "Something by Miles Davis.",
            "choice": None,
            "slots": {},
            "satellite": KITCHEN,
        }
        assert home["kitchen"].asked == ["What shall I play?"]

    async def test_the_words_tell_which_choice_it_is(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].reply = "Play Blue by Joni Mitchell."
        assert await ask(hass, choices=CHOICES) == {
            "answer": "Play Blue by Joni Mitchell.",
            "choice": "album",
            "slots": {"album": "Blue", "artist": "Joni Mitchell"},
            "satellite": KITCHEN,
        }

    async def test_a_choice_may_be_a_word(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].reply = "Tea, please."
        assert (await ask(hass, choices=["coffee", "tea"]))["choice"] == "tea"

    async def test_yes_or_no(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].reply = "好的。"
        assert (await ask(hass, yes_no=True))["choice"] == "yes"
        home["kitchen"].reply = "No, thank you."
        assert (await ask(hass, yes_no=True))["choice"] == "no"

    @pytest.mark.parametrize("choice", ["jazz", None])
    async def test_the_model_decides_where_words_do_not(
        self, hass: HomeAssistant, thinking_home: Home, server: ScriptedServer, choice: str | None
    ) -> None:
        server.plays(decides(choice))
        thinking_home["kitchen"].reply = "Something with a saxophone."
        assert (await ask(hass, choices=CHOICES))["choice"] == choice
        (request,) = server.requests
        assert (
            request.body["messages"][-1]["content"]
            == completion("What shall I play?", "Something with a saxophone.", MUSIC)["messages"][-1]["content"]
        )
        assert request.body["response_format"]["type"] == "json_schema"

    async def test_the_model_is_not_asked_where_they_do(
        self, hass: HomeAssistant, thinking_home: Home, server: ScriptedServer
    ) -> None:
        thinking_home["kitchen"].reply = "Jazz."
        assert (await ask(hass, choices=CHOICES))["choice"] == "jazz"
        assert not server.requests

    async def test_the_real_server_hands_the_decision_on_as_the_model_writes_it(
        self, hass: HomeAssistant, tmp_path: Path
    ) -> None:
        def decide(received: model.Received) -> list[model.Step]:
            schema = received.body["response_format"]["json_schema"]["schema"]
            assert schema["properties"]["choice"]["enum"] == ["yes", "no", None]
            return model.says('{"choice": ', '"yes"}')

        async with model.ScriptedEndpoint() as endpoint, real_door(tmp_path, endpoint) as door:
            info = await SottoClient(async_get_clientsession(hass), door.url).info()
            data = {CONF_URL: door.url, CONF_TOKEN: door.token}
            entry = MockConfigEntry(domain=DOMAIN, unique_id=info.id, data=data)
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(entry.entry_id)
            home = await move_in(hass)
            endpoint.plays(decide)
            home["kitchen"].reply = "把它关上吧"
            assert (await ask(hass, question="要不要关窗?", yes_no=True))["choice"] == "yes"
            await hass.config_entries.async_unload(entry.entry_id)


class TestWhoAsks:
    async def test_one_in_the_area_and_rather_one_that_nobody_speaks_with(
        self, hass: HomeAssistant, home: Home
    ) -> None:
        home["kitchen"].become(AssistSatelliteState.RESPONDING)
        home["sofa"].reply = "Jazz."
        assert (await ask(hass, nowhere=True, floor_id="ground_floor"))["satellite"] == SOFA

    async def test_not_one_that_is_away(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].leave()
        home["sofa"].reply = "Jazz."
        assert (await ask(hass, entity_id=[KITCHEN, SOFA]))["satellite"] == SOFA

    async def test_without_a_place_only_where_there_is_but_one(self, hass: HomeAssistant, home: Home) -> None:
        with pytest.raises(ServiceValidationError) as caught:
            await ask(hass, nowhere=True)
        assert caught.value.translation_key == "ask_where"
        for name in ("assist_satellite.bedroom", "assist_satellite.porch", SOFA):
            hass.states.async_remove(name)
        home["kitchen"].reply = "Jazz."
        assert (await ask(hass, nowhere=True))["satellite"] == KITCHEN

    async def test_whoever_may_not_control_a_satellite_does_not_ask_on_it(
        self, hass: HomeAssistant, home: Home, hass_read_only_user: User
    ) -> None:
        with pytest.raises(Unauthorized):
            await ask(hass, context=Context(user_id=hass_read_only_user.id))

    async def test_nor_does_somebody_unknown(self, hass: HomeAssistant, home: Home) -> None:
        with pytest.raises(Unauthorized):
            await ask(hass, context=Context(user_id="nobody"))


class TestErrors:
    @pytest.mark.parametrize(
        "data",
        [
            {"question": " "},
            {"choices": CHOICES, "yes_no": True},
            {"choices": ["tea", {"id": "tea", "sentences": ["green tea"]}]},
            {"choices": [{"id": "tea", "sentences": []}]},
            {"choices": [{"id": "tea", "sentences": ["(green"]}]},
            {"choices": [{"id": "tea", "sentences": [""]}]},
            {"choices": [{"sentences": ["tea"]}]},
            {"timeout_s": 1},
        ],
    )
    async def test_nonsense_is_refused(self, hass: HomeAssistant, home: Home, data: dict[str, Any]) -> None:
        with pytest.raises(probatio.Invalid):
            await ask(hass, **data)
        assert not home["kitchen"].asked

    async def fails(self, hass: HomeAssistant, **data: Any) -> str:
        """Ask, and return the key of the error."""
        with pytest.raises(HomeAssistantError) as caught:
            await ask(hass, **data)
        return str(caught.value.translation_key)

    async def test_one_that_cannot_ask(self, hass: HomeAssistant, home: Home) -> None:
        assert await self.fails(hass, entity_id="assist_satellite.tv") == "ask_unsupported"
        assert await self.fails(hass, nowhere=True, area_id="attic") == "no_satellite_there"

    async def test_one_that_is_away(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].leave()
        assert await self.fails(hass) == "satellites_unavailable"

    async def test_nobody_says_anything(self, hass: HomeAssistant, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        question = asking_aloud.Question(text="Hello?", limit_s=0)
        with pytest.raises(HomeAssistantError) as caught:
            await asking_aloud.ask(hass, SpeakingOrder(), KITCHEN, question, Context())
        assert caught.value.translation_key == "ask_no_answer"
        home["kitchen"].reply = "Jazz."
        assert (await ask(hass))["answer"] == "Jazz."

    @pytest.mark.parametrize("reply", ["", " "])
    async def test_what_is_said_is_no_words(self, hass: HomeAssistant, home: Home, reply: str) -> None:
        home["kitchen"].reply = reply
        assert await self.fails(hass) == "ask_no_answer"

    async def test_the_satellite_fails(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].fails = ConnectionError("the cable is loose")
        assert await self.fails(hass) == "ask_failed"

    async def test_it_does_something_else_already(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].fails = SatelliteBusyError()
        assert await self.fails(hass) == "satellites_busy"

    async def test_somebody_speaks_with_it_for_too_long(
        self, hass: HomeAssistant, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asking_aloud, "FREE_WITHIN_S", 0)
        home["kitchen"].become(AssistSatelliteState.LISTENING)
        assert await self.fails(hass) == "satellites_busy"

    async def test_there_is_no_server_that_could_decide(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].reply = "Something with a saxophone."
        assert await self.fails(hass, choices=CHOICES) == "ask_no_server"

    @pytest.mark.parametrize(
        "answer",
        [
            refuses("engine-loading", "The model is loading."),
            says("I like jazz."),
            [Text("{"), Break()],
        ],
    )
    async def test_the_model_does_not_decide(
        self, hass: HomeAssistant, thinking_home: Home, server: ScriptedServer, answer: Answer
    ) -> None:
        server.plays(answer)
        thinking_home["kitchen"].reply = "Something with a saxophone."
        assert await self.fails(hass, choices=CHOICES) == "ask_undecided"

    async def test_the_model_takes_too_long(
        self, hass: HomeAssistant, thinking_home: Home, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asking_aloud, "DECIDED_WITHIN_S", 0)
        server.plays([Hang()])
        thinking_home["kitchen"].reply = "Something with a saxophone."
        assert await self.fails(hass, choices=CHOICES) == "ask_undecided"


class TestTurns:
    async def test_an_announcement_waits_for_the_answer(self, hass: HomeAssistant, home: Home) -> None:
        question = asyncio.create_task(ask(hass))
        await home["kitchen"].begun.wait()
        announcement = asyncio.create_task(announce(hass, "Dinner.", entity_id=KITCHEN))
        await as_far_as_it_goes()
        assert not home["kitchen"].announcements
        home["kitchen"].hear("Jazz.")
        assert (await question)["answer"] == "Jazz."
        assert (await announcement)["kitchen"] == {"result": "spoken"}

    async def test_something_urgent_does_not(self, hass: HomeAssistant, home: Home) -> None:
        question = asyncio.create_task(ask(hass))
        await home["kitchen"].begun.wait()
        assert (await announce(hass, "Fire!", entity_id=KITCHEN, priority="urgent"))["kitchen"] == {"result": "spoken"}
        with pytest.raises(HomeAssistantError) as caught:
            await question
        assert caught.value.translation_key == "ask_cut_short"

    async def test_a_turn_that_came_in_the_moment_it_was_given_up_is_passed_on(self) -> None:
        order = SpeakingOrder()
        rank = Rank.NORMAL
        async with order.slot("x", rank):
            given_up, next_one = (asyncio.create_task(_take(order)) for _ in range(2))
            await as_far_as_it_goes()
        given_up.cancel()
        await next_one
        async with order.slot("x", rank):
            pass


async def _take(order: SpeakingOrder) -> None:
    async with order.slot("x", Rank.NORMAL):
        await asyncio.sleep(0)
