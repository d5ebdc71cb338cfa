"""Documents given to the page: sent with progress, found, replaced, refused with a reason, removed after a question."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.web.page.browser import PHONE, Visit, Visitor, visit
from tests.web.page.sotto import IngressProcess

NOTES = "# The boiler\n\nThe boiler is bled with the brass key on the hook behind the cellar door.\n"


@pytest.fixture
async def visitor(chromium: str, ingress: IngressProcess) -> AsyncIterator[Visitor]:
    """Somebody who looks at the documents."""
    async with visit(chromium, ingress.url) as someone:
        await someone.show("documents")
        yield someone


async def _send(visitor: Visitor, name: str, content: bytes) -> None:
    await visitor.page.locator("#files").set_input_files({"name": name, "mimeType": "", "buffer": content})


async def _remove(visitor: Visitor, title: str) -> None:
    await visitor.page.get_by_role("button", name=f"Remove: {title}").click()
    await visitor.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(visitor.page.locator(".document", has_text=title)).to_have_count(0)


async def test_a_document_is_added_found_and_removed(visitor: Visitor) -> None:
    await _send(visitor, "boiler.md", NOTES.encode())
    await expect(visitor.text("boiler.md was added.")).to_be_visible()
    await expect(visitor.page.locator(".document", has_text="The boiler")).to_be_visible()
    await visitor.page.get_by_role("searchbox").fill("where is the key to bleed the boiler")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator(".found li").first).to_contain_text("behind the cellar door")
    await visitor.keep("documents-found", whole=True)
    await visitor.page.get_by_role("button", name="Remove: The boiler").click()
    await visitor.page.get_by_role("button", name="Keep it").click()
    await expect(visitor.page.locator(".document", has_text="The boiler")).to_be_visible()
    await _remove(visitor, "The boiler")
    assert visitor.complaints == []


async def test_another_document_of_the_same_name_takes_its_place_when_that_is_wanted(visitor: Visitor) -> None:
    await _send(visitor, "notes.md", NOTES.encode())
    await expect(visitor.text("notes.md was added.")).to_be_visible()
    await _send(visitor, "notes.md", NOTES.replace("brass", "steel").encode())
    await expect(visitor.page.get_by_role("alert")).to_contain_text("A document of this name is there")
    await visitor.page.get_by_role("button", name="Replace it").click()
    await expect(visitor.text("notes.md was replaced.")).to_be_visible()
    await _remove(visitor, "The boiler")


async def test_what_cannot_be_read_is_refused_with_the_reason(visitor: Visitor) -> None:
    await _send(visitor, "broken.pdf", b"%PDF-1.7\n" + bytes(300))
    await expect(visitor.page.get_by_role("alert")).to_contain_text("The document is damaged.")
    await visitor.page.get_by_role("button", name="Dismiss").click()
    await expect(visitor.page.get_by_role("alert")).to_have_count(0)


async def test_a_document_can_be_dropped(visitor: Visitor) -> None:
    drop = """(text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "dropped.md", { type: "text/markdown" }));
      document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    }"""
    await visitor.page.evaluate(drop, NOTES.replace("boiler", "heater"))
    await expect(visitor.text("dropped.md was added.")).to_be_visible()
    await _remove(visitor, "The heater")


@pytest.mark.timeout(300)
async def test_the_gate_is_calibrated_when_that_is_asked_for(chromium: str, lived_in: IngressProcess) -> None:
    async with visit(chromium, lived_in.url, Visit("zh-CN", "dark", PHONE)) as someone:
        await someone.show("documents")
        await someone.page.get_by_role("button", name="立即校准").click()
        await expect(someone.text("正在校准…").first).to_be_visible()
        await expect(someone.page.get_by_role("img", name="曲线")).to_be_visible(timeout=240_000)
        assert await someone.page.locator(".curve-precision[d^=M]").count() == 1
        await someone.page.get_by_role("img", name="曲线").scroll_into_view_if_needed()
        await someone.keep("gate")
        assert await someone.look("overflowing") == []
