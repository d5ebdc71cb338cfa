"""Sotto with its page behind an Ingress, started once for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.homeassistant.browser import chromium
from tests.web.page.sotto import PEER, IngressProcess, Sotto

__all__ = ["chromium"]

HERE = Path(__file__).parent
DISHWASHER = HERE.parents[1] / "knowledge" / "household" / "dishwasher-manual.pdf.md"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test the time in which Sotto starts."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(150))


@pytest.fixture(scope="session")
def sotto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sotto]:
    """Sotto behind Ingress; only from there it may be asked."""
    server = Sotto(tmp_path_factory.mktemp("sotto"), "--web-ingress", "yes", "--web-ingress-peer", PEER)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def ingress(sotto: Sotto) -> Iterator[IngressProcess]:
    """The proxy before it."""
    proxy = IngressProcess(sotto.port)
    try:
        proxy.wait_until_ready(sotto)
        yield proxy
    finally:
        proxy.stop()


@pytest.fixture(scope="session")
def lived_in(ingress: IngressProcess) -> IngressProcess:
    """A household that has said something already, has judged two sentences, and has a document."""
    for text, language in (("turn on the living room light", "en"), ("打开客厅的灯", "zh-CN")):
        ingress.ask("api/try/text", json.dumps({"text": text, "language": language}).encode())
    for text, wanted in (("what does E24 mean", True), ("明天会下雨吗", False)):
        ingress.ask("api/documents/examples", json.dumps({"text": text, "should_answer": wanted}).encode())
    ingress.ask("api/documents?name=dishwasher.md", DISHWASHER.read_bytes(), kind="text/markdown")
    return ingress
