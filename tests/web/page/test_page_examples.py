# ruff: noqa: RUF001 - Chinese punctuation is meant
"""The household's own sentences on the page: added, judged otherwise, removed; whether the calibration knows them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Locator, Route, expect

from tests.web.page.browser import PHONE, Visit, Visitor, visit
from tests.web.page.sotto import IngressProcess, Sotto

BINS, RAIN = "when is the bin collected", "it will rain tomorrow"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sotto]:
    """A household without documents or sentences."""
    server = Sotto(tmp_path_factory.mktemp("empty"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
async def visitor(chromium: str, empty: Sotto) -> AsyncIterator[Visitor]:
    """Somebody who looks at the documents."""
    async with visit(chromium, empty.url) as someone:
        await someone.show("documents")
        await expect(someone.text("Sentences of your own")).to_be_visible()
        yield someone
        assert [each for each in someone.complaints if "400" not in each] == []


def _row(visitor: Visitor, text: str) -> Locator:
    return visitor.page.locator("li", has_text=text)


async def _add(visitor: Visitor, text: str, choice: str) -> None:
    await visitor.page.get_by_label("A sentence, as it is said at home").fill(text)
    await visitor.page.get_by_role("radio", name=choice).check()
    await visitor.page.get_by_role("button", name="Add").click()


async def _kept(visitor: Visitor) -> list[dict[str, object]]:
    """Return what the server has kept."""
    found: list[dict[str, object]] = await visitor.page.evaluate(
        "async () => (await (await fetch('api/documents/examples')).json()).examples"
    )
    return found


async def test_a_sentence_is_added_judged_otherwise_and_removed(visitor: Visitor) -> None:
    await expect(visitor.text("None yet.")).to_be_visible()
    await _add(visitor, BINS, "The documents should answer")
    await expect(_row(visitor, BINS)).to_contain_text("Answer")
    await expect(visitor.page.get_by_label("A sentence, as it is said at home")).to_have_value("")
    await _add(visitor, RAIN, "It is not meant for them")
    await expect(_row(visitor, RAIN)).to_contain_text("Keep quiet")
    await _add(visitor, BINS.capitalize() + "?", "It is not meant for them")
    await expect(_row(visitor, BINS.capitalize())).to_contain_text("Keep quiet")
    assert await _kept(visitor) == [
        {"text": RAIN, "should_answer": False},
        {"text": BINS.capitalize() + "?", "should_answer": False},
    ]
    await visitor.page.get_by_role("button", name=f"Remove: {BINS.capitalize()}?").click()
    await expect(_row(visitor, BINS.capitalize())).to_have_count(0)
    await expect(visitor.page.get_by_role("button", name=f"Remove: {RAIN}")).to_be_focused()
    await visitor.page.get_by_role("button", name=f"Remove: {RAIN}").click()
    await expect(visitor.text("None yet.")).to_be_visible()
    await expect(visitor.page.get_by_label("A sentence, as it is said at home")).to_be_focused()
    assert await _kept(visitor) == []


async def test_what_is_typed_while_a_sentence_is_added_stays(visitor: Visitor) -> None:
    typed = asyncio.Event()

    async def late(route: Route) -> None:
        if route.request.method == "GET":
            await typed.wait()
        await route.continue_()

    await visitor.page.route("**/api/documents/examples", late)
    await _add(visitor, BINS, "The documents should answer")
    field = visitor.page.get_by_label("A sentence, as it is said at home")
    await expect(field).to_have_value("")
    await field.fill(RAIN)
    typed.set()
    await expect(_row(visitor, BINS)).to_be_visible()
    await expect(field).to_have_value(RAIN)
    await visitor.page.get_by_role("button", name=f"Remove: {BINS}").click()
    await expect(visitor.text("None yet.")).to_be_visible()


async def test_keys_alone_add_a_sentence_and_remove_it(visitor: Visitor) -> None:
    await visitor.page.get_by_label("A sentence, as it is said at home").focus()
    await visitor.page.keyboard.type(RAIN)
    await visitor.page.keyboard.press("Tab")
    await expect(visitor.page.get_by_role("radio", name="The documents should answer")).to_be_focused()
    await visitor.page.keyboard.press("ArrowRight")
    await visitor.page.keyboard.press("Tab")
    await visitor.page.keyboard.press("Enter")
    await expect(_row(visitor, RAIN)).to_contain_text("Keep quiet")
    await expect(visitor.page.locator("#announcer")).to_have_text(f"Added: {RAIN}")
    for _ in range(3):  # past the choice and the button
        await visitor.page.keyboard.press("Tab")
    await expect(visitor.page.get_by_role("button", name=f"Remove: {RAIN}")).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator("#announcer")).to_have_text(f"Removed: {RAIN}")


async def test_without_documents_it_says_when_sentences_count(visitor: Visitor) -> None:
    await _add(visitor, BINS, "The documents should answer")
    await expect(visitor.text("once there are documents")).to_be_visible()
    await visitor.page.get_by_role("button", name=f"Remove: {BINS}").click()
    await expect(visitor.text("once there are documents")).to_have_count(0)


async def test_what_is_no_sentence_is_refused_with_the_reason_and_stays_to_be_mended(
    chromium: str, empty: Sotto
) -> None:
    async with visit(chromium, empty.url, Visit("zh-CN")) as someone:
        await someone.show("documents")
        await someone.page.get_by_label("家里会说的一句话").fill("？？？")
        await someone.page.get_by_role("button", name="添加", exact=True).click()
        await expect(someone.page.get_by_role("alert")).to_contain_text("必须是 1 到 500 个字符的句子")
        await expect(someone.page.get_by_label("家里会说的一句话")).to_have_value("？？？")


@pytest.mark.timeout(300)
async def test_the_calibration_that_follows_by_itself_is_shown(chromium: str, lived_in: IngressProcess) -> None:
    async with visit(chromium, lived_in.url, Visit("zh-CN", "dark", PHONE)) as someone:
        await someone.show("documents")
        await someone.page.get_by_label("家里会说的一句话").fill("洗碗机要加多少盐")
        await someone.page.get_by_role("button", name="添加", exact=True).click()
        await expect(someone.text("校准尚未包含最近的改动")).to_be_visible()
        await expect(someone.text("已全部纳入校准")).to_be_visible(timeout=240_000)
        await expect(someone.page.locator(".gate")).to_contain_text("您自己的 3 句话")
        await someone.text("已全部纳入校准").scroll_into_view_if_needed()
        await someone.keep("examples")
        await someone.page.get_by_role("button", name="删除: 洗碗机要加多少盐").click()
        await expect(someone.text("洗碗机要加多少盐")).to_have_count(0)
        await someone.page.get_by_role("button", name="English").click()
        await expect(someone.text("Sentences of your own")).to_be_visible()
        await expect(someone.page.locator(".gate")).to_contain_text("3 sentences of yours")
        for name in ("unnamed", "faint", "overflowing"):
            assert await someone.look(name) == [], name
        assert someone.complaints == []
