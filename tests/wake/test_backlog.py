"""The queue of audio that waits to be computed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.protocol.audio import AudioConverter
from wyoming_servers.wake.backlog import Backlog

PIECE_S = 0.01
PIECE_BYTES = 320


def converter(rate_hz: int = 16_000) -> AudioConverter:
    return AudioConverter(rate_hz=rate_hz, width=2, channels=1)


def test_an_empty_backlog_is_false_and_has_nothing_to_take() -> None:
    backlog = Backlog(PIECE_S)
    backlog.add(converter(), b"")
    assert not backlog
    with pytest.raises(IndexError):
        backlog.take()


def test_it_is_full_when_there_is_enough_for_a_piece() -> None:
    backlog, one = Backlog(PIECE_S), converter()
    backlog.add(one, bytes(PIECE_BYTES - 1))
    states = [backlog.full]
    backlog.add(one, bytes(1))
    states.append(backlog.full)
    backlog.take()
    states.append(backlog.full)
    assert states == [False, True, False]


def test_a_piece_has_one_format() -> None:
    backlog, one, other = Backlog(PIECE_S), converter(), converter(48_000)
    backlog.add(one, b"aa")
    backlog.add(other, b"bb")
    backlog.add(other, b"cc")
    assert backlog.take() == (one, b"aa")
    assert backlog.take() == (other, b"bbcc")
    assert not backlog


@given(st.lists(st.binary(max_size=1_000), max_size=20))
def test_all_audio_comes_out_in_its_order_in_pieces_of_the_length(parts: list[bytes]) -> None:
    backlog, one = Backlog(PIECE_S), converter()
    for part in parts:
        backlog.add(one, part)
    pieces = []
    while backlog:
        pieces.append(backlog.take()[1])
    assert b"".join(pieces) == b"".join(parts)
    assert all(len(piece) == PIECE_BYTES for piece in pieces[:-1])
    assert not backlog.full
