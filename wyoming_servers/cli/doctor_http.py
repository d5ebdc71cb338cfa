"""The doctor's look at the HTTP door: its token, its port, and the server that answers there."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..addresses import reached_at
from ..errors import SettingsError
from ..health.finding import Verdict
from ..health.ports import OTHERS_MAY
from ..settings import Settings
from .finding import Finding

DOOR = "HTTP door"
ANSWER_WITHIN_S = 3.0
_MOST_BYTES = 64 * 1024
_PACKAGES = ("aiohttp", "prometheus_client")


@dataclass(frozen=True)
class HttpLook:
    """What was found."""

    door: Finding
    token: Finding | None = None
    has_model: bool = False
    """Whether a server answers that has a language model."""


async def look_at_http(settings: Settings) -> HttpLook:
    """Look at the token, and at who has the port: nobody, Sotto, or another program."""
    uri = settings.http.uri
    if not uri:
        return HttpLook(Finding(Verdict.OK, DOOR, "off, with an empty --http-uri"))
    if missing := await asyncio.to_thread(_missing):
        detail = f"off: the package {', '.join(missing)} is missing"
        return HttpLook(Finding(Verdict.NOTE, DOOR, detail, "Install it with: pip install 'sotto[http]'"))
    host, port = _place(uri)
    token, about_token = await asyncio.to_thread(_token, settings, host)
    refusal = await _refusal_to_listen(uri)
    if refusal is None:
        return HttpLook(Finding(Verdict.OK, DOOR, f"{uri} is free; nobody answers there yet"), about_token)
    status, about_door = await asyncio.to_thread(_who_is_there, host, port, token, refusal)
    return HttpLook(about_door, about_token, bool(status.get("model")))


def _missing() -> list[str]:
    return [name for name in _PACKAGES if find_spec(name) is None]


def _place(uri: str) -> tuple[str, int]:
    parts = urlsplit(uri)
    try:
        return parts.hostname or "", parts.port or 0
    except ValueError:
        return "", 0


async def _refusal_to_listen(uri: str) -> SettingsError | None:
    """Return why a start could not listen there."""
    from ..http.listening import bind  # noqa: PLC0415 - it needs the package aiohttp

    try:
        server = await bind(uri, asyncio.Protocol, "--http-uri")
    except SettingsError as err:
        return err
    server.close()
    await server.wait_closed()
    return None


def _token(settings: Settings, host: str) -> tuple[str, Finding]:
    """Return the token that clients must send, and what there is to say of it."""
    if settings.http.token:
        return settings.http.token, Finding(Verdict.OK, "HTTP token", "the one in SOTTO_HTTP_TOKEN")
    if _is_loopback(host):
        return "", Finding(Verdict.OK, "HTTP token", "none is needed: only this machine can connect")
    path = settings.server.data_dir / "token"
    try:
        token = path.read_text(encoding="ascii").strip()
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "", Finding(Verdict.OK, "HTTP token", f"is made at the first start, in {path}")
    except (OSError, UnicodeDecodeError) as err:
        reason = (isinstance(err, OSError) and err.strerror) or "it is no text"
        remedy = "Give it to the user that runs Sotto, or set SOTTO_HTTP_TOKEN."
        return "", Finding(Verdict.PROBLEM, "HTTP token", f"{path} cannot be used: {reason}", remedy)
    return token, _of_file(path, mode)


def _of_file(path: Path, mode: int) -> Finding:
    if mode & OTHERS_MAY:
        remedy = f"Whoever may have read it has it: rm {path}, and the next start makes another."
        return Finding(Verdict.NOTE, "HTTP token", f"others can read {path}", remedy)
    return Finding(Verdict.OK, "HTTP token", f"in {path}, which only its owner can read")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _who_is_there(host: str, port: int, token: str, refusal: SettingsError) -> tuple[Mapping[str, Any], Finding]:
    """Ask for the status; with the token only if the answer without it is one of Sotto's."""
    place = reached_at(host)
    code, answer = _get(place, port, "")
    wants_token = code == 401 and _code_of(answer) == "invalid_api_key"
    if wants_token and token:
        code, answer = _get(place, port, token)
    if code == 200 and {"version", "uptime_s", "model"} <= answer.keys():
        return answer, Finding(Verdict.OK, DOOR, f"Sotto {answer['version']} answers at port {port}")
    if wants_token:
        remedy = "Look with the --data-dir, or the SOTTO_HTTP_TOKEN, that the server has."
        return {}, Finding(Verdict.NOTE, DOOR, f"a server answers at port {port}, and wants another token", remedy)
    remedy = "End the program that does, or choose another with --http-uri." if _is_taken(refusal) else refusal.remedy
    return {}, Finding(Verdict.PROBLEM, DOOR, refusal.message, remedy)


def _is_taken(refusal: SettingsError) -> bool:
    return os.strerror(errno.EADDRINUSE) in refusal.message


def _get(host: str, port: int, token: str) -> tuple[int, dict[str, Any]]:
    """Return status and JSON object of an answer; 0 and nothing for anything else."""
    connection = HTTPConnection(host, port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/api/status", headers={"Authorization": f"Bearer {token}"} if token else {})
        response = connection.getresponse()
        answer = json.loads(response.read(_MOST_BYTES))
    except (OSError, HTTPException, ValueError):
        return 0, {}
    finally:
        connection.close()
    return (response.status, answer) if isinstance(answer, dict) else (0, {})


def _code_of(answer: Mapping[str, Any]) -> str:
    error = answer.get("error")
    return str(error.get("code")) if isinstance(error, dict) else ""
