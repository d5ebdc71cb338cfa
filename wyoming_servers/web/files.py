"""The page's own files: read once, before anybody asks, and sent from memory by their names alone."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from ..http.errors import NotFoundError

FOLDER = Path(__file__).with_name("static")
INDEX = "index.html"
ANY = "/{name:(?!api/).+}"
"""What is asked of the API and is not there is no file."""
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
"""What systems do not agree on."""


@dataclass(frozen=True, slots=True)
class File:
    """What is sent."""

    content: bytes
    kind: str
    etag: str


class Files:
    """Answers with files of a folder. No path of a client's is ever looked up on disk."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._files: dict[str, File] = {}

    def load(self) -> None:
        """Read all files of the folder. Blocks."""
        paths = (path for path in self._folder.rglob("*") if path.is_file())
        self._files = {path.relative_to(self._folder).as_posix(): _read(path) for path in paths}

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered where."""
        return [web.get("/", self._send), web.get(ANY, self._send)]

    async def _send(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info.get("name") or INDEX)
        if file is None:
            raise NotFoundError("There is nothing at this address.", remedy="The page is at the top.")
        response = web.Response(headers={"Cache-Control": "no-cache"})  # it may be kept, and is asked for
        response.etag = file.etag
        known = request.if_none_match or ()
        if any(each.value in {file.etag, "*"} for each in known):
            response.set_status(304)
            return response
        response.content_type = file.kind
        if file.kind.startswith("text/"):
            response.charset = "utf-8"
        response.body = file.content
        return response


def _read(path: Path) -> File:
    content = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return File(content, kind, hashlib.sha256(content).hexdigest()[:32])
