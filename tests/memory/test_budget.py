"""What is given to models: never what is reserved, promised to others, or beyond the user's own limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.memory.budget import LEAST_RESERVE, MB, MOST_RESERVE, Budget, budget_of, written
from wyoming_servers.memory.measured import Limit, Measured

sizes = st.integers(1, 2**40)


def budget(measured: Measured, limit_mb: int = 0, reserve_mb: int = 0, used: int = 0, promised: int = 0) -> Budget:
    return budget_of(measured, limit_mb=limit_mb, reserve_mb=reserve_mb, used=used, promised=promised)


@given(sizes, sizes, st.integers(0, 2**20), st.integers(0, 2**20), sizes, sizes)
def test_what_is_free_is_never_more_than_what_is_left_without_reserve_and_promises(
    total: int, available: int, limit_mb: int, reserve_mb: int, used: int, promised: int
) -> None:
    available = min(available, total)
    found = budget(Measured(total, available), limit_mb, reserve_mb, used, promised)
    assert found.free <= available - found.reserve - promised
    assert found.own <= found.free
    assert 0 <= found.total <= total
    if limit_mb:
        assert found.total <= limit_mb * MB
        assert found.lacking(limit_mb * MB + 1, own_process=False) > 0


@given(sizes)
def test_the_reserve_is_a_part_of_the_whole_within_bounds_unless_it_is_set(total: int) -> None:
    assert LEAST_RESERVE <= budget(Measured(total, total)).reserve <= MOST_RESERVE
    assert budget(Measured(total, total), reserve_mb=77).reserve == 77 * MB


def test_the_users_limit_is_for_what_this_server_takes_itself() -> None:
    found = budget(Measured(8000 * MB, 6000 * MB), limit_mb=2000, reserve_mb=200, used=500 * MB)
    assert (found.limit, found.total, found.free) == (Limit.SETTING, 1800 * MB, 1300 * MB)
    assert budget(Measured(8000 * MB, 6000 * MB), limit_mb=9000).limit is Limit.MACHINE


def test_the_servers_own_process_may_have_less_than_a_child() -> None:
    found = budget(Measured(8000 * MB, 6000 * MB, own=100 * MB), reserve_mb=500)
    assert found.lacking(200 * MB, own_process=True) == 100 * MB
    assert found.lacking(200 * MB, own_process=False) == 0


def test_where_nothing_tells_nothing_is_refused_and_nothing_is_short() -> None:
    found = budget(Measured(0, 0))
    assert found.lacking(10**15, own_process=True) == 0
    assert not found.is_short


def test_it_is_short_when_three_quarters_of_the_reserve_are_used_up() -> None:
    assert not budget(Measured(8000 * MB, 30 * MB), reserve_mb=100).is_short
    assert budget(Measured(8000 * MB, 20 * MB), reserve_mb=100).is_short


def test_sizes_are_written_for_people() -> None:
    assert (written(3_300_000_000), written(25_000_000)) == ("3.3 GB", "25 MB")
