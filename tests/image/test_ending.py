"""What follows when the servers end in a container."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from addon.ending import KILLED, Ending, decide, write_down


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGILL])
def test_what_crashed_or_was_killed_is_started_again(signum: int) -> None:
    assert not decide(KILLED, signum).halt


def test_what_ended_well_is_started_again() -> None:
    assert not decide(0, 0).halt


@pytest.mark.parametrize("code", [1, 2, 255])
def test_a_failure_that_would_repeat_stops_the_container_with_its_code(code: int) -> None:
    assert decide(code, 0) == Ending(halt=True, exit_code=code)


def test_sigterm_before_it_is_heard_stops_the_container_as_a_shell_would_say_it() -> None:
    assert decide(KILLED, signal.SIGTERM) == Ending(halt=True, exit_code=143)


@pytest.mark.parametrize(("written", "kept"), [("0\n", "2"), ("", "2"), ("137\n", "137")])
def test_another_services_failure_is_kept(tmp_path: Path, written: str, kept: str) -> None:
    path = tmp_path / "exitcode"
    path.write_text(written)
    write_down(2, path)
    assert path.read_text().strip() == kept
