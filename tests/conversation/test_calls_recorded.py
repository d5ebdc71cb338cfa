"""The recorded calls of small models, by Home Assistant's rules for targets; script/bench replay runs them for real.

They lie in ../shared beside the repository, and the tests skip where they are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.replay_data import RECORDED, Recordings, Run, home_file, load, snapshot
from wyoming_servers.conversation.calls.call import Call, Question, Situation
from wyoming_servers.conversation.calls.resolver import resolve


@pytest.fixture(scope="module")
def recordings() -> Recordings:
    if not RECORDED.exists():
        pytest.skip(f"needs the recorded runs in {RECORDED}")
    return load([])


def each_call(recordings: Recordings) -> Iterator[tuple[Run, Call, Situation]]:
    homes = {path: snapshot(path) for path in {home_file(run.home) for run in recordings.runs}}
    for run in recordings.runs:
        home, before = homes[home_file(run.home)], recordings.before(run)
        states = {entity_id: state["state"] for entity_id, state in before.items() if "state" in state}
        entities = tuple(replace(each, state=states.get(each.entity_id, each.state)) for each in home.entities)
        here = home.area(home.device_areas.get(recordings.context_device(run) or ""))
        for tool, args in run.calls:
            yield run, Call(tool, args), Situation(replace(home, entities=entities), run.utterance, here)


def test_a_call_that_passed_reaches_what_it_reached(recordings: Recordings) -> None:
    """Where nothing was to change, asking is as good as a call that failed."""
    for run, call, situation in each_call(recordings):
        resolution = resolve(call, situation)
        if not run.passed or not call.has_targets:
            continue
        if isinstance(resolution, Question):
            before = recordings.before(run)
            assert all(before[name].get("state") == state.get("state") for name, state in run.expected.items()), run
        elif situation.targets(call).problem is None:
            assert situation.targets(resolution).entities == situation.targets(call).entities, run


def test_a_call_that_reached_nothing_reaches_something_or_is_asked_about(recordings: Recordings) -> None:
    """But for some that name a place in which there is nothing of the kind."""
    lost = [
        (resolve(call, situation), situation)
        for _, call, situation in each_call(recordings)
        if call.has_targets and situation.targets(call).problem is not None
    ]
    found = [isinstance(each, Question) or situation.targets(each).problem is None for each, situation in lost]
    assert len(lost) > 100
    assert sum(found) > 0.9 * len(lost)


def test_a_repaired_call_stays_repaired(recordings: Recordings) -> None:
    for _, call, situation in each_call(recordings):
        once = resolve(call, situation)
        assert isinstance(once, Question) or resolve(once, situation) == once
