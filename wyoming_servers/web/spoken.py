"""`/api/try/audio/ID.wav`: the latest answers that were spoken for the page, in memory."""

from __future__ import annotations

import secrets
from collections import OrderedDict

from aiohttp import web

from ..http.errors import NotFoundError

MOST = 8
MOST_BYTES = 32 * 1024 * 1024


class Spoken:
    """Keeps WAV files until others have come."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, bytes] = OrderedDict()

    def keep(self, wav: bytes) -> str:
        """Keep a file; returns its address, relative to the page."""
        name = secrets.token_hex(8)
        self._files[name] = wav
        while len(self._files) > MOST or (len(self._files) > 1 and sum(map(len, self._files.values())) > MOST_BYTES):
            self._files.popitem(last=False)
        return f"api/try/audio/{name}.wav"

    async def send(self, request: web.Request) -> web.Response:
        """Answer with a file, or a part of it: some browsers play nothing of which they cannot ask for parts."""
        wav = self._files.get(request.match_info["id"])
        if wav is None:
            raise NotFoundError("This answer is not kept any more.", remedy="Try it again.")
        headers = {"Accept-Ranges": "bytes"}
        try:
            start, stop, _ = request.http_range.indices(len(wav))
        except ValueError:
            start, stop = 0, len(wav)
        if "Range" not in request.headers or start >= stop:
            return web.Response(body=wav, content_type="audio/wav", headers=headers)
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(wav)}"
        return web.Response(status=206, body=wav[start:stop], content_type="audio/wav", headers=headers)
