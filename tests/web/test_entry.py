"""Who is let in to the page: over real sockets, from several addresses of this machine."""

from __future__ import annotations

import asyncio
import socket
from http.cookies import SimpleCookie

import aiohttp
import pytest

from tests.web.conftest import TOKEN, OpenSite, Visit
from wyoming_servers.errors import SettingsError
from wyoming_servers.web.server import Site
from wyoming_servers.web.sessions import COOKIE, LASTS_S, MOST_TRIES

SUPERVISOR = "127.0.0.9"
"""Stands in for 172.30.32.2, which no machine of the tests has."""
FAR = {"X_Forwarded_For": "203.0.113.7"}
"""A proxy on this machine that passes a visitor of another one on."""
PAGE = "/"
STATUS = "/api/status"
SESSION = "/api/session"


async def asked(http: aiohttp.ClientSession, path: str = STATUS, method: str = "GET", **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.request(method, path, headers=sent) as response:
        return response.status


async def signed_in(http: aiohttp.ClientSession, token: str = TOKEN) -> aiohttp.ClientResponse:
    async with http.post(SESSION, json={"token": token}) as response:
        await response.read()
        return response


@pytest.fixture
async def site(open_site: OpenSite) -> Site:
    return await open_site()


@pytest.fixture
async def behind_ingress(open_site: OpenSite) -> Site:
    return await open_site(web_ingress="yes", web_ingress_peer=SUPERVISOR)


class TestIngress:
    async def test_it_is_let_in_without_a_token(self, behind_ingress: Site, visit: Visit) -> None:
        http = await visit(behind_ingress, SUPERVISOR, X_Ingress_Path="/api/hassio_ingress/abc")
        assert [await asked(http, path) for path in (PAGE, STATUS, "/api/turns", "/api/settings")] == [200] * 4

    @pytest.mark.parametrize("sender", ["127.0.0.1", "127.0.0.8"])
    async def test_nobody_else_is_whatever_they_say_of_themselves(
        self, behind_ingress: Site, visit: Visit, sender: str
    ) -> None:
        claims = {
            "X_Forwarded_For": SUPERVISOR,
            "X_Real_IP": SUPERVISOR,
            "Forwarded": f"for={SUPERVISOR}",
            "X_Ingress_Path": "/api/hassio_ingress/abc",
            "X_Remote_User_Id": "1234",
            "X_Hass_Source": "core.ingress",
        }
        http = await visit(behind_ingress, sender, **claims)
        assert [await asked(http, path) for path in (PAGE, STATUS, "/main.js", SESSION)] == [403] * 4
        assert (await signed_in(http)).status == 403

    async def test_by_default_it_is_the_supervisors_address(self, open_site: OpenSite, visit: Visit) -> None:
        http = await visit(await open_site(web_ingress="yes"))
        assert await asked(http) == 403

    async def test_it_says_who_is_there(self, behind_ingress: Site, visit: Visit) -> None:
        http = await visit(behind_ingress, SUPERVISOR, X_Remote_User_Name="alex", X_Remote_User_Display_Name="Alex")
        async with http.get(SESSION) as response:
            assert await response.json() == {"signed_in": True, "way": "ingress", "user": "Alex"}

    async def test_a_name_is_believed_of_nobody_else(self, site: Site, visit: Visit) -> None:
        http = await visit(site, X_Remote_User_Name="alex", X_Ingress_Path="/api/hassio_ingress/abc")
        async with http.get(SESSION) as response:
            assert await response.json() == {"signed_in": True, "way": "loopback", "user": ""}

    async def test_home_assistant_may_frame_it_and_nobody_may_elsewhere(
        self, behind_ingress: Site, site: Site, visit: Visit
    ) -> None:
        async with (await visit(behind_ingress, SUPERVISOR)).get(PAGE) as framed, (await visit(site)).get(PAGE) as bare:
            assert "frame-ancestors 'self'" in framed.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in bare.headers["Content-Security-Policy"]

    async def test_the_origin_is_home_assistants_own(self, behind_ingress: Site, visit: Visit) -> None:
        """Home Assistant passes on under which name the browser asked; a proxy before it may have changed `Host`."""
        http = await visit(behind_ingress, SUPERVISOR, X_Forwarded_Host="ha.example:8123")
        assert await asked(http, Origin="https://ha.example:8123") == 200
        assert await asked(http, Origin="https://evil.example") == 403

    async def test_an_address_that_is_none_is_a_wrong_setting(self, open_site: OpenSite) -> None:
        with pytest.raises(SettingsError, match="web-ingress-peer"):
            await open_site(web_ingress="yes", web_ingress_peer="supervisor")


class TestThisMachine:
    async def test_it_is_let_in(self, site: Site, visit: Visit) -> None:
        assert await asked(await visit(site)) == 200

    async def test_a_name_that_points_here_is_not(self, site: Site, visit: Visit) -> None:
        """DNS rebinding: evil.example is 127.0.0.1 by now, and its page asks."""
        http = await visit(site)
        evil = {"Host": f"evil.example:{site.port}", "Origin": f"http://evil.example:{site.port}"}
        assert [await asked(http, path, **evil) for path in (STATUS, PAGE, SESSION)] == [403] * 3

    @pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", socket.gethostname()])
    async def test_its_own_names_are(self, site: Site, visit: Visit, name: str) -> None:
        assert await asked(await visit(site), Host=f"{name}:{site.port}") == 200

    async def test_pages_of_other_sites_are_refused(self, site: Site, visit: Visit) -> None:
        http = await visit(site)
        for headers in (
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:3000"},
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site"},
            {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"},
        ):
            assert await asked(http, **headers) == 403
            assert await asked(http, "/api/try/text", "POST", **headers) == 403
            assert await asked(http, "/api/documents/x", "DELETE", **headers) == 403

    async def test_our_own_page_is_let_in(self, site: Site, visit: Visit) -> None:
        http = await visit(site)
        assert await asked(http, Origin=f"http://127.0.0.1:{site.port}", Sec_Fetch_Site="same-origin") == 200
        assert await asked(http, Sec_Fetch_Site="none") == 200

    async def test_a_link_may_lead_to_it(self, site: Site, visit: Visit) -> None:
        assert await asked(await visit(site), PAGE, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate") == 200

    @pytest.mark.parametrize("path", ["/api/try/listen", "/api/events"])
    async def test_no_other_page_opens_a_stream(self, site: Site, visit: Visit, path: str) -> None:
        http = await visit(site)
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
        key = {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        assert await asked(http, path, Origin="http://evil.example", **upgrade, **key) == 403

    async def test_what_is_not_declared_to_be_json_is_refused(self, site: Site, visit: Visit) -> None:
        """A form of another site can send text, and no JSON, without asking first."""
        http = await visit(site)
        async with http.post(SESSION, data=b'{"token": "x"}', headers={"Content-Type": "text/plain"}) as response:
            assert response.status == 415


class TestAnotherMachine:
    async def test_it_sees_the_page_and_nothing_of_the_household(self, site: Site, visit: Visit) -> None:
        http = await visit(site, **FAR)
        assert [await asked(http, path) for path in (PAGE, "/main.js", "/nothing.js")] == [200, 200, 404]
        async with http.get(SESSION) as response:
            assert await response.json() == {"signed_in": False, "way": "none", "user": ""}
        for path in (STATUS, "/api/turns", "/api/events", "/api/settings", "/api/try/audio/x.wav", "/api/nothing"):
            assert await asked(http, path) == 401, path

    async def test_the_token_signs_it_in_until_it_leaves(self, site: Site, visit: Visit) -> None:
        http = await visit(site, **FAR)
        assert (await signed_in(http)).status == 200
        assert await asked(http) == 200
        async with http.get(SESSION) as response:
            assert (await response.json())["way"] == "session"
        kept = {each.key: each.value for each in http.cookie_jar}
        assert await asked(http, SESSION, "DELETE") == 200
        assert await asked(http) == 401
        again = await visit(site, **FAR, Cookie=f"{COOKIE}={kept[COOKIE]}")
        assert await asked(again) == 401, "the session itself has ended, whoever kept the cookie"

    async def test_no_script_reads_the_cookie_and_no_other_site_sends_it(self, site: Site, visit: Visit) -> None:
        cookie = SimpleCookie((await signed_in(await visit(site, **FAR))).headers["Set-Cookie"])[COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Strict", "/", "")
        assert TOKEN not in cookie.value
        assert len(cookie.value) >= 43
        https = await signed_in(await visit(site, **FAR, X_Forwarded_Proto="https"))
        assert SimpleCookie(https.headers["Set-Cookie"])[COOKIE]["secure"] is True

    async def test_another_token_does_not(self, site: Site, visit: Visit) -> None:
        http = await visit(site, **FAR)
        for token in ("", "wrong", TOKEN.upper(), f"{TOKEN}x", "ünïcode"):
            response = await signed_in(http, token)
            assert response.status == 401
            assert "Set-Cookie" not in response.headers
        assert await asked(http) == 401

    async def test_guessing_is_slow(self, open_site: OpenSite, visit: Visit) -> None:
        now = [1000.0]
        site = await open_site(lambda: now[0])
        http = await visit(site, **FAR)
        assert [(await signed_in(http, "wrong")).status for _ in range(MOST_TRIES)] == [401] * MOST_TRIES
        refused = await signed_in(http)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
        now[0] += 61
        assert (await signed_in(http)).status == 200

    async def test_one_that_guesses_keeps_no_other_out(self, site: Site, visit: Visit) -> None:
        guessing, other = await visit(site, "127.0.0.7", **FAR), await visit(site, "127.0.0.6", **FAR)
        for _ in range(MOST_TRIES + 1):
            await signed_in(guessing, "wrong")
        assert (await signed_in(other)).status == 200

    async def test_a_session_ends(self, open_site: OpenSite, visit: Visit) -> None:
        now = [1000.0]
        http = await visit(await open_site(lambda: now[0]), **FAR)
        await signed_in(http)
        now[0] += LASTS_S - 1
        assert await asked(http) == 200
        now[0] += 2
        assert await asked(http) == 401

    @pytest.mark.parametrize("cookie", ["", "x", "a" * 43, "ü", '"'])
    async def test_a_cookie_that_was_never_given_is_none(self, site: Site, visit: Visit, cookie: str) -> None:
        assert await asked(await visit(site, **FAR, Cookie=f"{COOKIE}={cookie}")) == 401

    async def test_by_an_address_of_the_network_it_is_another_machine_too(
        self, open_site: OpenSite, visit: Visit
    ) -> None:
        address = await asyncio.to_thread(_own_address)
        if address is None:
            pytest.skip("this machine has no address beside loopback")
        site = await open_site(web_uri="tcp://0.0.0.0:0")
        async with aiohttp.ClientSession(f"http://{address}:{site.port}") as http:
            assert await asked(http, PAGE) == 200
            assert await asked(http) == 401


def _own_address() -> str | None:
    """Return the address by which this machine would reach another; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address
