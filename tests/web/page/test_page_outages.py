"""A server that goes away and comes back, one that asks for its token, and one that is for Home Assistant only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.program import free_port
from tests.web.page.browser import Visit, visit
from tests.web.page.sotto import IngressProcess, Sotto

TOKEN = "a-token-for-this-test-alone"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Sotto]:
    """A server of this test alone, without Ingress."""
    server = Sotto(tmp_path, token=TOKEN)
    server.start()
    yield server
    server.stop()


async def test_it_says_when_the_server_is_away_and_connects_again_by_itself(chromium: str, own: Sotto) -> None:
    async with visit(chromium, own.url) as visitor:
        await visitor.show("turns")
        own.kill()
        await expect(visitor.page.locator("#link")).to_contain_text("The connection to Sotto is lost.")
        await visitor.show_again("overview")
        await expect(visitor.page.locator("h1")).to_have_text("Sotto does not answer")
        await visitor.keep("lost")
        own.start()
        await expect(visitor.page.locator("#link")).to_be_empty()
        await expect(visitor.page.locator("h1")).not_to_have_text("Sotto does not answer")


async def test_it_asks_for_the_token_and_lets_in_with_it(chromium: str, own: Sotto) -> None:
    """Through a proxy nobody is of this machine any more."""
    proxy = IngressProcess(own.port)
    try:
        async with visit(chromium, proxy.url, Visit("zh-CN")) as visitor:
            await visitor.page.goto(proxy.url)
            await expect(visitor.page.locator("h1")).to_have_text("登录")
            await visitor.page.get_by_label("令牌").fill("another")
            await visitor.page.keyboard.press("Enter")
            await expect(visitor.page.get_by_role("alert")).to_contain_text("令牌不正确。")
            await visitor.keep("signin")
            await visitor.page.get_by_label("令牌").fill(TOKEN)
            await visitor.page.keyboard.press("Enter")
            await expect(visitor.page.locator(".view-overview h1")).to_be_visible()
            await visitor.show("settings")
            await visitor.page.get_by_role("button", name="退出登录").click()
            await expect(visitor.page.locator("h1")).to_have_text("登录")
    finally:
        proxy.stop()


async def test_a_server_that_fails_is_shown_with_what_helps(chromium: str, tmp_path: Path) -> None:
    away = f"tcp://127.0.0.1:{free_port()}"
    server = Sotto(tmp_path, "--tts", away)
    server.start()
    try:
        async with visit(chromium, server.url) as visitor:
            await visitor.show("overview")
            await expect(visitor.page.locator("h1")).to_have_text("Something needs your attention")
            voice = visitor.page.locator(".server").last
            await expect(voice).to_contain_text("Text-to-speech")
            await expect(voice).to_contain_text("Failed")
            await expect(voice).to_contain_text(away)
            await expect(voice.locator(".remedy")).not_to_be_empty()
            await visitor.keep("failed", whole=True)
            assert await visitor.look("faint") == []
    finally:
        server.stop()
