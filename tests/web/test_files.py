"""The page's files: sent by their names alone, kept by browsers as long as they are the same, and with what browsers
need to be told.
"""

from __future__ import annotations

import asyncio
import re
from importlib.resources import files
from pathlib import Path

import pytest

from tests.web.conftest import OpenSite, Visit
from wyoming_servers.web.files import Files
from wyoming_servers.web.server import Site

SECRET = "nobody sees this"


@pytest.fixture
async def site(open_site: OpenSite) -> Site:
    return await open_site()


async def raw(site: Site, path: str, *headers: str) -> tuple[int, bytes]:
    """Ask for exactly this path, as no browser would write it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = await reader.read()
    writer.close()
    found = re.match(rb"HTTP/1.1 (\d+)", answer)
    assert found
    return int(found[1]), answer


@pytest.mark.parametrize(
    "path",
    [
        "/../entry.py",
        "/../../../../../../etc/passwd",
        "/%2e%2e/entry.py",
        "/..%2fentry.py",
        "/..%5centry.py",
        "/css/../../entry.py",
        "/./../entry.py",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/index.html%00.js",
        "/static/index.html",
        "/css",
        "/css/",
        "/.",
        "/%ff",
    ],
)
async def test_no_path_leads_out_of_the_folder(site: Site, path: str) -> None:
    status, answer = await raw(site, path)
    assert status in {400, 404}
    assert b"root:" not in answer
    assert b"Way.INGRESS" not in answer


@pytest.mark.parametrize("path", ["/%61pi/status", "/api/./status", "//api/status", "/x/../api/status", "/api//status"])
async def test_no_spelling_of_an_address_gets_past_the_door(site: Site, path: str) -> None:
    status, answer = await raw(site, path, "X-Forwarded-For: 203.0.113.7")
    assert status in {400, 401, 404}
    assert b"uptime_s" not in answer


def test_no_file_is_looked_up_when_somebody_asks(tmp_path: Path) -> None:
    """What was in the folder when the server started is sent, and nothing is looked up by a client's words later."""
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("hello")
    kept = Files(tmp_path / "page")
    kept.load()
    (tmp_path / "page" / "late.txt").write_text(SECRET)
    assert list(kept._files) == ["index.html"]


async def test_a_file_that_is_known_is_not_sent_again(site: Site, visit: Visit) -> None:
    http = await visit(site)
    async with http.get("/") as first, http.get("/index.html") as same:
        etag = first.headers["ETag"]
        assert (await first.read(), same.headers["ETag"]) == (await same.read(), etag)
        assert first.headers["Cache-Control"] == "no-cache"
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        async with http.get("/", headers={"If-None-Match": known}) as again:
            assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", etag)
            assert again.headers["Cache-Control"] == "no-cache"
    async with http.get("/", headers={"If-None-Match": '"other"'}) as changed:
        assert changed.status == 200


async def test_a_head_is_a_file_without_its_bytes(site: Site, visit: Visit) -> None:
    async with (await visit(site)).head("/") as response:
        assert (response.status, await response.read()) == (200, b"")
        assert int(response.headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/main.js", "text/javascript; charset=utf-8"),
        ("/en.json", "application/json"),
    ],
)
async def test_files_are_what_they_are(site: Site, visit: Visit, path: str, kind: str) -> None:
    async with (await visit(site)).get(path) as response:
        assert response.headers["Content-Type"] == kind


@pytest.mark.parametrize("path", ["/", "/api/status", "/api/nothing", "/nothing", "/api/session"])
async def test_every_answer_tells_browsers_what_not_to_do(site: Site, visit: Visit, path: str) -> None:
    async with (await visit(site)).get(path) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/api/status", "/api/turns", "/api/settings", "/api/session", "/api/nothing"])
async def test_nothing_of_the_household_is_kept_by_a_browser(site: Site, visit: Visit, path: str) -> None:
    async with (await visit(site)).get(path) as response:
        assert response.headers["Cache-Control"] == "no-store"


async def test_the_page_has_no_script_and_no_style_in_its_text(site: Site, visit: Visit) -> None:
    async with (await visit(site)).get("/") as response:
        page = await response.text()
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page)
    assert not re.findall(r"(?:src|href)=\"(?:/|https?:)", page), "behind Ingress there is a prefix"


def test_the_files_are_part_of_the_package() -> None:
    assert (files("wyoming_servers.web") / "static" / "index.html").is_file()
