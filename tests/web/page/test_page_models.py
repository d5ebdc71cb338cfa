# ruff: noqa: RUF001 - Chinese punctuation is meant
"""Models on the page: fetched with progress, cancelled, removed, failed and tried again, found by name and language."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from playwright.async_api import Locator, Route, expect

from tests.models.model_server import Behaviour, ModelServer
from tests.web.page.browser import Visit, Visitor, visit
from tests.web.page.sotto import IngressProcess, Sotto

CONTENT = bytes(range(256)) * 8192
FILE = "swedish/model.bin"


@dataclass
class Shop:
    """A server of one model, and a Sotto that knows of it."""

    files: ModelServer
    sotto: Sotto

    @property
    def behaviour(self) -> Behaviour:
        return self.files.files[FILE]


TERMS = "https://example.org/licence"


@pytest.fixture
async def shop(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """A model server with one model, and Sotto, which offers that model alone; its parameter adds to the model."""
    files = ModelServer()
    await files.start()
    address = files.put(FILE, CONTENT)
    entry = {
        **getattr(request, "param", {}),
        "id": "swedish",
        "kind": "stt",
        "engine": "whisper",
        "title": "Swedish ears",
        "languages": ["sv"],
        "licence": "MIT",
        "memory_mb": 300,
        "rank": 120,
        "folder": "swedish",
        "files": [
            {
                "path": "model.bin",
                "size_bytes": len(CONTENT),
                "sha256": hashlib.sha256(CONTENT).hexdigest(),
                "urls": [address],
            }
        ],
    }
    catalogue = tmp_path / "further.yaml"
    catalogue.write_text(yaml.safe_dump({"only": True, "models": [entry]}))
    server = Sotto(tmp_path, "--models-catalogue", str(catalogue), "--models-languages", "sv")
    server.start()
    try:
        yield Shop(files, server)
    finally:
        server.stop()
        for each in files.files.values():
            if each.hold is not None:
                each.hold.set()
        await files.stop()


async def _told(shop: Shop) -> dict[str, Any]:
    """Return what Sotto tells of its one model."""
    async with aiohttp.ClientSession() as http, http.get(f"{shop.sotto.url}api/models") as answer:
        (model,) = (await answer.json())["models"]
        return dict(model)


async def _row(visitor: Visitor) -> Locator:
    await visitor.show("models")
    row = visitor.page.locator("[data-model=swedish]")
    await expect(row).to_contain_text("Swedish ears")
    return row


async def test_a_model_is_fetched_with_progress_and_removed_after_a_question(chromium: str, shop: Shop) -> None:
    shop.behaviour.hold = asyncio.Event()
    async with visit(chromium, shop.sotto.url) as visitor:
        row = await _row(visitor)
        await expect(row).to_contain_text("Swedish")
        await row.get_by_role("button", name="Download").click()
        await expect(row).to_contain_text("Downloading")
        await expect(row.get_by_role("progressbar", name="Swedish ears")).to_be_visible()
        await visitor.show_again("overview")
        await expect(visitor.page.locator("main")).to_contain_text("Swedish ears")
        await visitor.show_again("models")
        shop.behaviour.hold.set()
        await expect(row).to_contain_text("Installed")
        await row.get_by_role("button", name="Remove").click()
        await visitor.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        await expect(row.get_by_role("button", name="Download")).to_be_visible()
        assert visitor.complaints == []


async def test_fetching_can_be_cancelled(chromium: str, shop: Shop) -> None:
    shop.behaviour.hold = asyncio.Event()
    async with visit(chromium, shop.sotto.url) as visitor:
        row = await _row(visitor)
        await row.get_by_role("button", name="Download").click()
        await row.get_by_role("button", name="Cancel").click()
        await expect(row.get_by_role("button", name="Download")).to_be_visible()


async def test_a_model_that_became_whole_before_it_was_cancelled_stays_and_that_is_told(
    chromium: str, shop: Shop
) -> None:
    shop.behaviour.hold = hold = asyncio.Event()

    async def late(route: Route) -> None:
        hold.set()
        while (await _told(shop))["state"] != "installed":  # noqa: ASYNC110 - another process has it
            await asyncio.sleep(0.05)
        await route.continue_()

    async with visit(chromium, shop.sotto.url) as visitor:
        row = await _row(visitor)
        await row.get_by_role("button", name="Download").click()
        await expect(row.get_by_role("button", name="Cancel")).to_be_visible()
        await visitor.page.route("**/api/models/swedish**", late)
        await row.get_by_role("button", name="Cancel").click()
        await expect(visitor.text("Swedish ears has just become complete.")).to_be_visible()
        await expect(row).to_contain_text("Installed")
    assert (await _told(shop))["state"] == "installed"


async def test_what_arrives_spoilt_is_told_with_what_to_do_and_can_be_tried_again(chromium: str, shop: Shop) -> None:
    shop.behaviour.content = bytes(len(CONTENT))
    async with visit(chromium, shop.sotto.url) as visitor:
        row = await _row(visitor)
        await row.get_by_role("button", name="Download").click()
        await expect(row.get_by_role("alert")).to_be_visible()
        shop.files.put(FILE, CONTENT, etag='"two"')
        await row.get_by_role("button", name="Try again").click()
        await expect(row).to_contain_text("Installed")


@pytest.mark.parametrize("shop", [{"terms": TERMS}], indirect=True)
async def test_a_model_with_terms_is_offered_with_them_and_not_any_more_where_it_is_not_wanted(
    chromium: str, shop: Shop
) -> None:
    async with visit(chromium, shop.sotto.url) as visitor:
        row = await _row(visitor)
        await expect(row).to_contain_text("Better for this home")
        await expect(row).to_contain_text("Read its licence first")
        await expect(row.get_by_role("link", name="MIT")).to_have_attribute("href", TERMS)
        await row.get_by_role("button", name="Not wanted").click()
        await expect(row.get_by_role("button", name="Not wanted")).to_have_count(0)
        await expect(row).not_to_contain_text("Better for this home")
        await expect(row.get_by_role("button", name="Download")).to_be_visible()
        assert (await _told(shop))["offered"] is False
        assert visitor.complaints == []


async def test_titles_name_languages_in_the_readers(chromium: str, ingress: IngressProcess) -> None:
    async with visit(chromium, ingress.url, Visit("zh-CN")) as visitor:
        await visitor.show("models")
        for words, shown in {
            "huayan": "中文（中国）, huayan, medium",
            "alba": "英国英语, alba, medium",
            "sensevoice": "SenseVoice small，中文，粤语，英语，日语和韩语",
            "base.en": "Whisper base.en，英语",
        }.items():
            await visitor.page.get_by_role("searchbox").fill(words)
            await expect(visitor.page.locator("[data-model] strong").first).to_have_text(shown)


async def test_why_a_download_failed_is_told_in_chinese(chromium: str, shop: Shop) -> None:
    shop.behaviour.content = bytes(len(CONTENT))
    async with visit(chromium, shop.sotto.url, Visit("zh-CN")) as visitor:
        row = await _row(visitor)
        await row.get_by_role("button", name="下载").click()
        await expect(row.get_by_role("alert")).to_contain_text("文件内容与预期不符")
        await expect(row.get_by_role("alert")).not_to_contain_text("The file")


async def test_models_are_found_by_name_and_by_language(chromium: str, ingress: IngressProcess) -> None:
    async with visit(chromium, ingress.url) as visitor:
        await visitor.show("models")
        await visitor.page.get_by_role("searchbox").fill("huayan")
        await expect(visitor.page.locator("[data-model]").first).to_contain_text("huayan")
        await visitor.page.get_by_role("searchbox").fill("")
        await visitor.page.get_by_label("Language", exact=True).select_option("sv")
        await expect(visitor.page.locator("[aria-labelledby=kind-tts] [data-model]").first).to_contain_text("Swedish")
        await visitor.page.get_by_role("searchbox").fill("nothing has this name")
        await expect(visitor.text("No model has that name and language.")).to_be_visible()
