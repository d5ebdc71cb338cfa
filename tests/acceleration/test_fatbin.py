"""Which chips a library has code for: read from CTranslate2's own, and from made ones."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.acceleration.fatbin import Code, code_in

PTX, MACHINE_CODE = 1, 2


def entry(kind: int, chip: int, code: bytes = b"\0" * 40) -> bytes:
    header = bytearray(64)
    struct.pack_into("<HHIQ", header, 0, kind, 0x0101, len(header), len(code))
    struct.pack_into("<I", header, 28, chip)
    return bytes(header) + code


def container(*entries: bytes) -> bytes:
    body = b"".join(entries)
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body


def test_every_container_of_a_library_is_read() -> None:
    library = (
        b"ELF" + container(entry(MACHINE_CODE, 87), entry(PTX, 90)) + b"\0" * 9 + container(entry(MACHINE_CODE, 110))
    )
    assert code_in(library) == Code(frozenset({87, 110}), frozenset({90}))


def test_a_library_for_the_cpu_has_none() -> None:
    assert code_in(b"\x7fELF" + b"\0" * 4096) == Code()


def test_the_library_of_ctranslate2_has_cards_but_no_jetson() -> None:
    """PyPI's wheel for x86-64: cuobjdump lists sm_53 to sm_86, and PTX for the last."""
    spec = find_spec("ctranslate2")
    assert spec is not None
    assert spec.origin is not None
    found = list(Path(spec.origin).parents[1].glob("ctranslate2.libs/libctranslate2*"))
    if not found or not (code := code_in(found[0].read_bytes())).chips:
        pytest.skip("this machine's wheel has no CUDA")
    assert {80, 86} <= code.chips
    assert not {87, 110} & code.chips


@pytest.mark.parametrize(
    ("code", "chip", "runs"),
    [
        (Code(chips=frozenset({87})), 87, True),
        (Code(chips=frozenset({86})), 89, True),  # the same generation, later
        (Code(chips=frozenset({89})), 86, False),  # earlier
        (Code(chips=frozenset({86})), 87, False),  # a card's code on a Jetson
        (Code(chips=frozenset({87})), 89, False),  # and the other way round
        (Code(chips=frozenset({90})), 110, False),
        (Code(ptx=frozenset({86})), 110, True),  # the driver compiles it
        (Code(ptx=frozenset({89})), 87, False),
        (Code(), 87, False),
    ],
)
def test_where_code_runs(code: Code, chip: int, runs: bool) -> None:
    assert code.runs_on(chip) is runs


@given(st.binary(max_size=400), st.integers(0, 200))
def test_what_is_cut_off_or_broken_is_read_as_far_as_it_goes(noise: bytes, end: int) -> None:
    whole = container(entry(MACHINE_CODE, 87), entry(PTX, 87))
    assert code_in(whole[:end] + noise).chips is not None
    assert code_in(noise + whole).chips >= {87} or b"\x50\xed\x55\xba" in noise
