# ruff: noqa: RUF001 - Chinese punctuation is meant
"""What the server words itself, on a page in Chinese: no English sentence of ours is left, others stay as they are."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.web.page.browser import VIEWS, Visit, Visitor, visit
from tests.web.page.sotto import IngressProcess
from wyoming_servers.health.checks import look
from wyoming_servers.health.seen import Seen
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.settings import build

ENGLISH = re.compile(r"\b[A-Za-z']+ [a-z]+ [a-z]+\b")
"""Three words one after the other."""
TELL = "async (texts) => { const { told } = await import('./i18n.js'); return texts.map(told); }"
NAMES = ("turn on the living room light", "Turned on the light", "openwakeword okay nabu")
"""What the household said, what it was answered, and what is called so."""
NOTE = "Speech recognition uses whisper tiny instead of whisper base: qwen3-4b needs 3.3 GB"
TOLD = {
    NOTE: "语音识别由 whisper base 改用 whisper tiny：qwen3-4b 需要 3.3 GB",
    "The language model is small: huge needs 3.3 GB of memory, and 1.8 GB are free for models.": (
        "语言模型使用 small：huge 需要 3.3 GB 内存，可供模型使用的只有 1.8 GB。"
    ),
    "Voices that did not speak last are not kept: only 90 MB of memory were left": (
        "只保留最近使用的语音：内存只剩 90 MB"
    ),
    "The model qwen3-4b was put there by somebody, not by Sotto. Remove it yourself from the folder of its kind.": (
        "模型 qwen3-4b 是由他人放入的，不属于 Sotto。请自行从对应的文件夹中删除。"
    ),
    "text: it must be a sentence of 1 to 500 characters.": "文字：必须是 1 到 500 个字符的句子。",
    "The voice lessac cannot be used: lessac.onnx cannot be read: Permission denied. Download it again.": (
        "无法使用语音 lessac：无法读取 lessac.onnx：没有权限。请重新下载。"
    ),
    "Pages 3, 5-7 are pictures; text in them was not read.": "第 3, 5-7 页是图片，其中的文字未读取。",
    "CUDA0 (Orin), 29 of 29 layers": "CUDA0 (Orin)，29 / 29 层",
    "No source gives the file (huggingface.co: status 404; hf-mirror.com: it broke off after 5 of 9 bytes).": (
        "没有来源能提供此文件（huggingface.co：状态码 404；hf-mirror.com：下载在 5 / 9 字节处中断）。"
    ),
    "Connection reset by peer": "Connection reset by peer",
    "卧室温度是多少": "卧室温度是多少",
    "": "",
}


@pytest.fixture
async def visitor(chromium: str, ingress: IngressProcess) -> AsyncIterator[Visitor]:
    """Somebody who reads Chinese."""
    async with visit(chromium, ingress.url, Visit("zh-CN")) as someone:
        await someone.show("overview")
        yield someone


async def test_sentences_are_told_with_what_stands_in_them_and_what_is_joined_to_them(visitor: Visitor) -> None:
    assert await visitor.page.evaluate(TELL, list(TOLD)) == list(TOLD.values())


async def test_what_nobody_knows_stays_as_it_is_however_long(visitor: Visitor) -> None:
    texts = ["x: " * 500, "; ".join(["it is"] * 300), "a. " * 600, "a" * 100_000]
    assert await visitor.page.evaluate(TELL, texts) == texts


async def test_in_english_everything_is_said_as_the_server_words_it(chromium: str, ingress: IngressProcess) -> None:
    async with visit(chromium, ingress.url) as someone:
        await someone.show("overview")
        assert await someone.page.evaluate(TELL, list(TOLD)) == list(TOLD)


def seen(tmp_path: Path, **status: Any) -> Seen:
    """Return a server in trouble: an engine and a download failed, memory was short, and the GPU is not used."""
    failed = "There is no Whisper model in /data/whisper."
    server = {"stage": "stt", "engine": "whisper", "model": "base", "state": "failed", "error": {"message": failed}}
    fetched = {"message": "No source gives the file (huggingface.co: status 503). The server's log says what."}
    told = {
        "servers": [server],
        "memory": {"total_mb": 1839, "free_mb": 1650, "notes": [NOTE]},
        "image": {"obstacles": ["ctranslate2 was compiled for the CPU", "the driver knows no GPU"]},
    }
    return Seen(
        settings=build({"data_dir": str(tmp_path)}),
        home=DemoHome(),
        status={**told, **status},
        models=({"id": "small", "state": "failed", "error": fetched},),
    )


async def test_what_health_has_found_has_no_english_in_it(visitor: Visitor, tmp_path: Path) -> None:
    found = [each.told("zh-Hans") for each in look(seen(tmp_path))]
    texts = [each[part] for each in found for part in ("detail", "remedy")]
    assert [text for text in texts if ENGLISH.search(text)], "nothing here puts it to the test"
    assert [text for text in await visitor.page.evaluate(TELL, texts) if ENGLISH.search(text)] == []


async def test_a_refused_document_is_told_in_chinese(visitor: Visitor) -> None:
    await visitor.show("documents")
    broken = b"%PDF-1.7\n" + bytes(300)
    await visitor.page.locator("#files").set_input_files({"name": "broken.pdf", "mimeType": "", "buffer": broken})
    alert = visitor.page.get_by_role("alert")
    await expect(alert).to_contain_text("文档已损坏。")
    await expect(alert).to_contain_text("或者不是 PDF")
    assert not ENGLISH.search(await alert.inner_text())


@pytest.mark.parametrize("view", VIEWS)
async def test_no_view_says_anything_in_english(chromium: str, lived_in: IngressProcess, view: str) -> None:
    async with visit(chromium, lived_in.url, Visit("zh-CN")) as someone:
        await someone.show(view)
        await expect(someone.page.locator("main")).not_to_contain_text("请稍候…")
        await someone.page.locator("details").evaluate_all("(all) => all.forEach((each) => { each.open = true; })")
        lines = (await someone.page.locator("main").inner_text()).splitlines()
        assert [line for line in lines if ENGLISH.search(line) and not any(name in line for name in NAMES)] == []
        assert someone.complaints == []
