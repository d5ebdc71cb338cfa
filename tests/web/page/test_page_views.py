"""Every view, in both languages and themes, on a desk and on a phone: nothing missing, cut off, faint or nameless."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.page.browser import DESK, PHONE, VIEWS, Visit, Visitor, visit
from tests.web.page.sotto import IngressProcess

VISITS = {
    "desk-en-light": Visit("en-US", "light", DESK),
    "desk-zh-dark": Visit("zh-CN", "dark", DESK),
    "phone-en-dark": Visit("en-GB", "dark", PHONE),
    "phone-zh-light": Visit("zh-Hans-CN", "light", PHONE),
}
TITLES = {
    "en": ("Overview", "Turns", "Try it", "Models", "Documents", "Settings"),
    "zh-Hans": ("概览", "对话记录", "试一试", "模型", "文档", "设置"),
}
LOADING = {"en": "Just a moment…", "zh-Hans": "请稍候…"}


@pytest.mark.parametrize("name", VISITS)
async def test_every_view_is_whole(chromium: str, lived_in: IngressProcess, name: str) -> None:
    language = "zh-Hans" if "zh" in name else "en"
    async with visit(chromium, lived_in.url, VISITS[name]) as visitor:
        for view, title in zip(VIEWS, TITLES[language], strict=True):
            await visitor.show(view)
            await expect(visitor.page).to_have_title(f"{title} · Sotto")
            await expect(visitor.page.locator("main")).not_to_contain_text(LOADING[language])
            await expect(visitor.page.locator("#nav a[aria-current=page]")).to_have_text(title)
            await visitor.keep(f"{view}-{name}", whole=True)
            await _is_sound(visitor, view)
        assert await visitor.page.get_attribute("html", "lang") == language
        assert visitor.complaints == []


async def _is_sound(visitor: Visitor, view: str) -> None:
    for name in ("unnamed", "faint", "overflowing"):
        assert await visitor.look(name) == [], f"{view}: {name}"
    assert await visitor.page.locator("h1").count() == 1, view


async def test_the_language_and_the_theme_that_were_chosen_are_remembered(
    chromium: str, ingress: IngressProcess
) -> None:
    async with visit(chromium, ingress.url) as visitor:
        await visitor.show("settings")
        await visitor.page.get_by_role("radio", name="简体中文").check()
        await expect(visitor.page.locator("h1")).to_have_text("设置")
        await visitor.page.get_by_role("radio", name="深色").check()
        await visitor.page.reload()
        await expect(visitor.page.locator("h1")).to_have_text("设置")
        await expect(visitor.page.locator("html")).to_have_attribute("data-theme", "dark")
        await visitor.page.get_by_role("button", name="English").click()
        await expect(visitor.page.locator("h1")).to_have_text("Settings")


async def test_the_system_decides_on_the_theme_until_somebody_chooses(chromium: str, ingress: IngressProcess) -> None:
    async with visit(chromium, ingress.url) as visitor:
        await visitor.show("settings")
        html = visitor.page.locator("html")
        await expect(html).to_have_attribute("data-theme", "light")
        await visitor.page.emulate_media(color_scheme="dark")
        await expect(html).to_have_attribute("data-theme", "dark")
        await visitor.page.get_by_role("radio", name="Light").check()
        await expect(html).to_have_attribute("data-theme", "light")


async def test_keys_alone_lead_everywhere(chromium: str, ingress: IngressProcess) -> None:
    async with visit(chromium, ingress.url) as visitor:
        await visitor.show("overview")
        await visitor.page.keyboard.press("Tab")
        await expect(visitor.page.locator("#skip")).to_be_focused()
        await expect(visitor.page.locator("#skip")).to_be_in_viewport()
        for _ in range(3):
            await visitor.page.keyboard.press("Tab")
        await expect(visitor.page.get_by_role("link", name="Turns", exact=True)).to_be_focused()
        await visitor.page.keyboard.press("Enter")
        await expect(visitor.page.locator(".view-turns h1")).to_be_focused()


async def test_the_way_past_the_frame_leads_to_the_content(chromium: str, ingress: IngressProcess) -> None:
    async with visit(chromium, ingress.url) as visitor:
        await visitor.show("settings")
        await visitor.page.keyboard.press("Tab")
        await visitor.page.keyboard.press("Enter")
        await expect(visitor.page.locator("main")).to_be_focused()
        await expect(visitor.page.locator(".view-settings")).to_be_visible()
