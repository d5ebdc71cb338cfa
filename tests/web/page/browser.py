"""A visitor's browser: headless Chromium on the page, which must not complain of anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, async_playwright, expect

from tests.homeassistant.browser import FLAGS, SCREENSHOTS

SHOWN_MS = 20_000
PHONE, DESK = (360, 740), (1200, 860)
VIEWS = ("overview", "turns", "try", "models", "documents", "settings")
INSECURE_HOST = "sotto.test"
"""A name of this machine that a browser does not trust, as it trusts localhost."""

SAY_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));"""
LOOK = (Path(__file__).parent / "look.js").read_text()
"""Defines what looks at a page from inside: `unnamed()`, `faint()`, `overflowing()`."""


@dataclass(frozen=True)
class Visit:
    """How somebody comes to the page."""

    locale: str = "en-US"
    theme: Any = "light"
    size: tuple[int, int] = DESK
    flags: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()


@dataclass
class Visitor:
    """The page, open in a browser."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    async def show(self, view: str, *, at: str = "") -> None:
        """Open a view, and return when it stands."""
        await self.page.goto(f"{at or self.url}#/{view}")
        await expect(self.page.locator(f".view-{view} h1")).to_be_visible()
        await expect(self.page.locator("#link")).to_be_empty()

    async def show_again(self, view: str) -> None:
        """Go to a view by its way, without loading the page anew."""
        await self.page.locator(f"#nav a[href='#/{view}']").click()
        await expect(self.page.locator(f".view-{view} h1")).to_be_visible()

    def text(self, text: str) -> Locator:
        """Return what shows a text."""
        return self.page.locator("main").get_by_text(text)

    async def look(self, name: str) -> list[str]:
        """Return what is found wrong: `unnamed`, `faint` or `overflowing`."""
        found: list[str] = await self.page.evaluate(f"{LOOK}; {name}()")
        return found

    async def keep(self, name: str, *, whole: bool = False) -> Path:
        """Keep a screenshot among the tests' output."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"page-{name}.png"
        await self.page.screenshot(path=path, animations="disabled", full_page=whole)
        return path

    def heard(self, message: ConsoleMessage) -> None:
        """Remember what the console complains of."""
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


@asynccontextmanager
async def visit(chromium: str, url: str, how: Visit | None = None) -> AsyncIterator[Visitor]:
    """Open the page in a fresh browser; what it complained of is in `complaints`."""
    how = how or Visit()
    expect.set_options(timeout=SHOWN_MS)
    flags = [*(each for each in FLAGS if "resolver" not in each), *how.flags]
    resolver = f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*flags, resolver])
        try:
            yield await _visitor(browser, url, how)
        finally:
            await browser.close()


async def _visitor(browser: Browser, url: str, how: Visit) -> Visitor:
    context = await browser.new_context(
        viewport={"width": how.size[0], "height": how.size[1]},
        locale=how.locale,
        color_scheme=how.theme,
        reduced_motion="reduce",
        permissions=list(how.permissions),
    )
    context.set_default_timeout(SHOWN_MS)
    await context.add_init_script(SAY_VIOLATIONS)
    visitor = Visitor(await context.new_page(), url)
    visitor.page.on("console", visitor.heard)
    visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    return visitor
