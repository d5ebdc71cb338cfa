"""Texts come in many encodings, and short Chinese ones are hard to tell apart."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.knowledge.reading.decoding import decode

SIMPLIFIED = """
洗碗机说明书|客用无线网络密码：12345678|垃圾回收：周二纸，周四塑料|咖啡机除垢步骤|保修期两年|租约
电费单|房东电话 13800138000|妈妈的药每天早上一片|洗碗机 E24 是什么故障|已关闭|已打开|警告|注意|提示|使用 LZW 压缩
"""
TRADITIONAL = """
洗碗機說明書|訪客無線網路密碼：12345678|垃圾回收：週二紙，週四塑膠|咖啡機除垢步驟|保固期兩年|租約
電費單|房東電話 0912345678|媽媽的藥每天早上一片|洗碗機 E24 是什麼故障|百葉窗戶|已上鎖|已開始
"""


def each(text: str) -> list[str]:
    return [part for line in text.strip().splitlines() for part in line.split("|")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
@pytest.mark.parametrize("text", each(SIMPLIFIED))
def test_short_simplified_chinese(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "gb18030"])
@pytest.mark.parametrize("text", each(TRADITIONAL))
def test_short_traditional_chinese(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "text", ["Die Spülmaschine läuft, die Tür ist zu.", "Le café est prêt à être servi, déjà.", "20 °C"]
)
def test_european_text(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_told_by_its_spaces(encoding: str) -> None:
    assert decode("Wifi 密码: plum\n".encode(encoding)) == "Wifi 密码: plum\n"


def test_what_is_declared_is_believed_only_where_it_can_be_and_where_it_is_true() -> None:
    page = '<meta charset="big5">窗簾'
    assert decode(page.encode("big5"), declares=True) == page
    assert decode(page.encode(), declares=True) == page, "UTF-8 comes first"
    unknown = '<meta charset="klingon">客用无线网络密码'
    assert decode(unknown.encode("gb18030"), declares=True) == unknown


def test_a_long_text_whose_sample_ends_inside_of_a_character() -> None:
    text = "a" + "说明书" * 10_000
    assert decode(text.encode("gb18030")) == text


def test_bytes_that_are_no_text() -> None:
    assert decode(bytes(range(256)) * 8) is None


@given(st.text())
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass") if "\0" not in text else b""
    if not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        assert decode(data) == text or "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_none(data: bytes) -> None:
    found = decode(data)
    assert found is None or isinstance(found, str)
