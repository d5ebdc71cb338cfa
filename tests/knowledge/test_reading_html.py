"""A page is read as it is seen: headings, text, tables; no scripts, no navigation."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from pathlib import Path

import pytest

from tests.knowledge.written_files import reading_of_text
from wyoming_servers.conversation.knowledge.document import Kind


def sections(tmp_path: Path, body: str, head: str = "") -> list[tuple[tuple[str, ...], str]]:
    reading = reading_of_text(tmp_path, "a.html", f"<!doctype html><html><head>{head}</head><body>{body}</body></html>")
    return [(section.headings, section.text) for section in reading.sections]


def test_headings_paragraphs_and_lists(tmp_path: Path) -> None:
    found = sections(
        tmp_path,
        "<h1>Vacuum</h1><h2>Base</h2><p>Half a metre\n of <b>room</b>.</p><ul><li>Left</li><li>Right</li></ul>"
        "<h2>Care</h2><ol start=3><li>Empty it</li><li>Rinse it</li></ol>",
    )
    assert found == [
        (("Base",), "Half a metre of room.\nLeft\nRight"),
        (("Care",), "3. Empty it\n4. Rinse it"),
    ]


def test_the_title_is_the_pages_or_that_of_its_one_heading(tmp_path: Path) -> None:
    page = "<html><title> Car \n handbook </title><body><h2>A</h2>x<h2>B</h2>y</body></html>"
    assert reading_of_text(tmp_path, "a.html", page).title == "Car handbook"
    assert (
        reading_of_text(tmp_path, "b.html", "<html><body><h1>Tyres</h1><p>2.3 bar</p></body></html>").title == "Tyres"
    )


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>track('me')</script>",
        "<style>p {color: red}</style>",
        "<nav><a href=/>Home</a></nav>",
        "<template>later</template>",
        "<p hidden>secret</p>",
        "<!-- a note -->",
        "<div role=navigation>Home</div>",
        "<footer>Imprint</footer>",
        "<noscript>Switch it on</noscript>",
        "<button>Buy</button>",
    ],
)
def test_what_a_reader_does_not_read_is_left_out(tmp_path: Path, hidden: str) -> None:
    assert sections(tmp_path, f"<p>Seen.</p>{hidden}") == [((), "Seen.")]


def test_where_a_page_says_what_its_text_is_the_rest_is_left_out(tmp_path: Path) -> None:
    assert sections(tmp_path, "<div>Our shop</div><main><p>2.3 bar.</p></main><div>More offers</div>") == [
        ((), "2.3 bar.")
    ]


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    table = "<table><tr><th>灯<th>含义</tr><tr><td>蓝灯<td>一切正常</tr><tr><td>红灯<td>设备故障</tr></table>"
    assert sections(tmp_path, table) == [((), "灯：蓝灯；含义：一切正常"), ((), "灯：红灯；含义：设备故障")]


def test_a_table_for_the_layout_is_none(tmp_path: Path) -> None:
    assert sections(tmp_path, "<table><tr><td><h2>Tyres</h2><p>2.3 bar.</p></td></tr></table><h2>Oil</h2>5W-30") == [
        (("Tyres",), "2.3 bar."),
        (("Oil",), "5W-30"),
    ]


def test_broken_lines_of_chinese_are_joined_without_a_space(tmp_path: Path) -> None:
    assert sections(tmp_path, "<p>红灯亮了\n   就要换水，\n<b>E24</b>\n也一样。</p>") == [
        ((), "红灯亮了就要换水， E24 也一样。")
    ]


def test_lines_of_code_stay_lines(tmp_path: Path) -> None:
    assert sections(tmp_path, "<pre>one\n  two <b>bold</b>\n</pre>after") == [((), "one\ntwo bold\nafter")]


def test_headings_that_are_questions_make_a_document_of_questions(tmp_path: Path) -> None:
    reading = reading_of_text(
        tmp_path, "a.html", "<html><h1>FAQ</h1><h2>Where?</h2><p>Here.</p><h2>When?</h2><p>Now.</p>"
    )
    assert (reading.kind, reading.title) == (Kind.QUESTIONS, "FAQ")


@pytest.mark.parametrize("declared", ["gb2312", "GBK", "gb18030"])
def test_the_encoding_that_a_page_declares_is_believed(tmp_path: Path, declared: str) -> None:
    page = f'<html><head><meta charset="{declared}"></head><body>\u7a97\u7c3e</body></html>'.encode("gb18030")
    assert reading_of_text(tmp_path, "a.html", page).sections[0].text == "\u7a97\u7c3e"


def test_a_page_by_another_name_is_read_as_a_page(tmp_path: Path) -> None:
    reading = reading_of_text(tmp_path, "a.txt", "  <!-- saved -->\n<!DOCTYPE HTML>\n<p>Seen.<script>no</script></p>")
    assert [section.text for section in reading.sections] == ["Seen."]


def test_a_page_nested_very_deeply_is_read(tmp_path: Path) -> None:
    assert "in it" in sections(tmp_path, "<div>" * 5000 + "in it" + "</div>" * 5000 + "<p>after</p>")[0][1]
