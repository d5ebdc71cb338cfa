"""What speech recognition does when memory is short, and when there is room again."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.errors import NoMemoryError
from wyoming_servers.memory.budget import CLEARLY, MB
from wyoming_servers.memory.governor import Governor
from wyoming_servers.memory.measured import Limit, Measured
from wyoming_servers.stt.engine import SttCapabilities, SttEngine, SttRequest, SttSession
from wyoming_servers.stt.giving_way import Ears, better, smaller


class Whisper(SttEngine):
    """One model of a size."""

    def __init__(self, model: str, needs_bytes: int) -> None:
        self._model, self._needs_bytes = model, needs_bytes

    @property
    def capabilities(self) -> SttCapabilities:
        return SttCapabilities("whisper", self._model, "", ("en",), ("", ""), "1")

    @property
    def needs_bytes(self) -> int:
        return self._needs_bytes

    def load(self) -> None:
        raise NotImplementedError

    def start_session(self, request: SttRequest) -> SttSession:
        raise NotImplementedError


LARGE, SMALL, PHRASES = Whisper("large", 3000 * MB), Whisper("small", 500 * MB), Whisper("phrases", 0)
ENGINES = [LARGE, SMALL, PHRASES]
USES = "Speech recognition uses whisper"


class Hearing:
    """Uses the first that is chosen, as the service does where each can be loaded."""

    def __init__(self, engine: SttEngine | None) -> None:
        self.engine = engine

    async def replace(self, choose: Callable[[list[SttEngine]], list[SttEngine]]) -> bool:
        chosen = choose(list(ENGINES))
        if chosen:
            self.engine = chosen[0]
        return bool(chosen)


def ears(engine: SttEngine | None, free: int = 1000 * MB) -> Ears:
    return Ears(Hearing(engine), Governor(measured=lambda: Measured(4000 * MB, free, Limit.MACHINE), used=lambda: 0))


async def test_a_smaller_model_takes_the_place_of_one_that_gives_way_and_phrases_are_the_last() -> None:
    hearing = ears(LARGE)
    assert await hearing.give_way(to_another=False) == f"{USES} small instead of whisper large"
    assert await hearing.give_way(to_another=False) == f"{USES} phrases instead of whisper small"
    assert (hearing.name, hearing.used_bytes) == ("", 0)
    assert await hearing.give_way(to_another=False) == ""


async def test_it_gives_way_to_no_other_model() -> None:
    hearing = ears(LARGE)
    assert hearing.last_used_s == math.inf
    assert await hearing.give_way(to_another=True) == ""
    assert hearing.name == "whisper large"


async def test_the_best_that_clearly_fits_is_taken_again() -> None:
    hearing = ears(PHRASES)
    assert await hearing.take_more(500 * MB) == ""
    assert await hearing.take_more(round(CLEARLY * 500 * MB)) == f"{USES} small again"
    assert await hearing.take_more(round(CLEARLY * 3000 * MB) - 500 * MB) == f"{USES} large again"
    assert await hearing.take_more(9000 * MB) == ""


async def test_where_nothing_is_loaded_yet_there_is_nothing_to_change() -> None:
    hearing = ears(None)
    assert (hearing.name, hearing.used_bytes, await hearing.take_more(9000 * MB)) == ("", 0, "")


async def test_a_model_that_does_not_fit_is_refused_and_that_is_told_to_the_household() -> None:
    governor = Governor(measured=lambda: Measured(4000 * MB, 1000 * MB, Limit.MACHINE), used=lambda: 0)
    hearing = Ears(Hearing(PHRASES), governor)
    await hearing.admit(PHRASES)
    with pytest.raises(NoMemoryError):
        await hearing.admit(LARGE)
    (note,) = governor.report()["notes"]
    assert note.startswith("Speech recognition does without a better model: ")


SIZES = st.lists(st.integers(0, 4000), unique=True, min_size=1, max_size=6)


@given(sizes=SIZES, data=st.data())
def test_what_gives_way_frees_memory_and_what_takes_more_is_preferred_and_fits(
    sizes: list[int], data: st.DataObject
) -> None:
    engines: list[SttEngine] = [Whisper(str(size), size) for size in sizes]
    present = data.draw(st.sampled_from(engines))
    room = data.draw(st.integers(0, 8000))
    assert all(each.needs_bytes < present.needs_bytes for each in smaller(engines, present.needs_bytes))
    preferred = engines[: engines.index(present)]
    assert better(engines, present, room) == [each for each in preferred if CLEARLY * each.needs_bytes <= room]
