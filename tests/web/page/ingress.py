"""A reverse proxy like Home Assistant's Ingress: `python -m tests.web.page.ingress UPSTREAM ADDRESS`.

It listens on a free port of loopback, which it prints, and serves http://UPSTREAM under a prefix, asking from ADDRESS.
What it adds, keeps and leaves out is what Home Assistant's core and the Supervisor do (supervisor/api/ingress.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType, hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy

PREFIX = "/api/hassio_ingress/Xk3vQ9"
_NOT_SENT = {
    hdrs.CONTENT_LENGTH,
    hdrs.CONTENT_ENCODING,
    hdrs.TRANSFER_ENCODING,
    hdrs.ACCEPT_ENCODING,
    hdrs.CONNECTION,
    hdrs.UPGRADE,
    hdrs.SEC_WEBSOCKET_EXTENSIONS,
    hdrs.SEC_WEBSOCKET_PROTOCOL,
    hdrs.SEC_WEBSOCKET_VERSION,
    hdrs.SEC_WEBSOCKET_KEY,
}
_NOT_ANSWERED = {hdrs.TRANSFER_ENCODING, hdrs.CONTENT_LENGTH, hdrs.CONTENT_ENCODING, hdrs.CONNECTION}


class Ingress:
    """The proxy of one server."""

    def __init__(self, upstream: str, session: ClientSession) -> None:
        self._upstream = upstream
        self._session = session

    async def answer(self, request: web.Request) -> web.StreamResponse:
        url = f"http://{self._upstream}/{request.match_info['path']}"
        url += f"?{request.query_string}" if request.query_string else ""
        try:
            if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
                return await self._talk(request, url)
            return await self._fetch(request, url)
        except ClientError:
            return web.Response(status=502)

    async def _fetch(self, request: web.Request, url: str) -> web.StreamResponse:
        body = request.content if request.can_read_body else None
        async with self._session.request(
            request.method, url, headers=_sent(request), data=body, allow_redirects=False
        ) as found:
            response = web.StreamResponse(status=found.status, headers=_answered(found.headers))
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                async for chunk in found.content.iter_any():
                    await response.write(chunk)
            return response

    async def _talk(self, request: web.Request, url: str) -> web.StreamResponse:
        async with self._session.ws_connect(url, headers=_sent(request), autoclose=False, autoping=False) as upstream:
            client = web.WebSocketResponse(autoclose=False, autoping=False)
            await client.prepare(request)
            both = {asyncio.create_task(_pass(client, upstream)), asyncio.create_task(_pass(upstream, client))}
            _, running = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for each in running:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            await client.close()
            return client


async def _pass(
    source: web.WebSocketResponse | ClientWebSocketResponse, target: web.WebSocketResponse | ClientWebSocketResponse
) -> None:
    async for message in source:
        match message.type:
            case WSMsgType.TEXT:
                await target.send_str(message.data)
            case WSMsgType.BINARY:
                await target.send_bytes(message.data)
            case WSMsgType.PING:
                await target.ping(message.data)
            case WSMsgType.PONG:
                await target.pong(message.data)
            case _:
                break


def _sent(request: web.Request) -> CIMultiDict[str]:
    headers = CIMultiDict((name, value) for name, value in request.headers.items() if name not in _NOT_SENT)
    headers["X-Ingress-Path"] = PREFIX
    headers["X-Hass-Source"] = "core.ingress"
    headers[hdrs.X_FORWARDED_FOR] = request.remote or ""
    headers[hdrs.X_FORWARDED_HOST] = request.host
    headers[hdrs.X_FORWARDED_PROTO] = request.scheme
    return headers


def _answered(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name not in _NOT_ANSWERED)


async def serve(upstream: str, address: str) -> None:
    """Serve until the process is ended."""
    connector = TCPConnector(local_addr=(address, 0), limit=0)
    async with ClientSession(connector=connector, auto_decompress=False) as session:
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", PREFIX + "/{path:.*}", Ingress(upstream, session).answer)
        runner = web.AppRunner(app, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)  # noqa: T201 - it is this program's answer
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
