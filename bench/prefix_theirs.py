"""The other side of `script/bench prefix`: llama-cpp-python's own server with Home Assistant's prompt and tools."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp

from .prefix_house import Turn
from .prefix_report import Measured
from .servers import free_port

CONTEXT = 8192
"""Sotto's default too."""
ANSWER_TOKENS = 16
LOADED_WITHIN_S = 120.0
_REUSED = re.compile(r"(\d+) prefix-match hit, remaining (\d+) prompt tokens")
_EVALUATED = re.compile(r"prompt eval time =.*?/\s*(\d+) tokens")

Json = dict[str, Any]


@dataclass
class Theirs:
    """The server, and the conversation so far."""

    url: str
    log: Path
    told: Mapping[str, Mapping[str, Any]]
    """What Home Assistant tells a model, by device, and `timers`."""
    _history: list[Json] = field(default_factory=list)

    async def turn(self, turn: Turn) -> Measured:
        """Say something, as Home Assistant would have it said."""
        told = self.told["timers" if turn.timers else turn.device]
        said = {"role": "user", "content": turn.words}
        before = self._history if turn.follows else []
        body = {
            "messages": [{"role": "system", "content": told["prompt"]}, *before, said],
            "tools": [{"type": "function", "function": tool} for tool in told["tools"]],
            "stream": True,
            "max_tokens": ANSWER_TOKENS,
            "temperature": 0.0,
        }
        read = await asyncio.to_thread(lambda: self.log.stat().st_size)
        text, first_s = await stream(f"{self.url}/v1/chat/completions", body)
        self._history = [*before, said, {"role": "assistant", "content": text}]
        prompt, reused = await asyncio.to_thread(_cost, self.log, read)
        return Measured(turn.name, first_s, prompt, reused)


async def stream(url: str, body: Json) -> tuple[str, float]:
    """Return an answer's words, and the seconds until the first of them, or until its end if there are none."""
    text, first_s = "", None
    started = monotonic()
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        if response.status != 200:
            raise RuntimeError(f"{url}: {response.status} {await response.text()}")
        async for line in response.content:
            if not line.startswith(b"data: {"):
                continue
            choices = json.loads(line.removeprefix(b"data: ")).get("choices") or [{}]
            words = choices[0].get("delta", {}).get("content") or ""
            if words and first_s is None:
                first_s = monotonic() - started
            text += words
    return text, monotonic() - started if first_s is None else first_s


def _cost(log: Path, read: int) -> tuple[int, int]:
    """Return the tokens of the last prompt and how many of them were reused, from what the server logged since."""
    logged = log.read_bytes()[read:].decode(errors="replace")
    if hit := _REUSED.search(logged):
        return int(hit[1]) + int(hit[2]), int(hit[1])
    evaluated = _EVALUATED.search(logged)
    return (int(evaluated[1]) if evaluated else 0), 0


@asynccontextmanager
async def theirs(model: Path, log: Path, told: Mapping[str, Any], *options: str) -> AsyncIterator[Theirs]:
    """Run the server with its defaults but for the context and these options."""
    port = free_port()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--n_ctx", str(CONTEXT)]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, "--port", str(port), *options, stdout=output, stderr=output
        )
        try:
            url = f"http://localhost:{port}"
            await _until_ready(url, process, log)
            yield Theirs(url, log, told)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _until_ready(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(LOADED_WITHIN_S), aiohttp.ClientSession() as session:
        while process.returncode is None:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with session.get(f"{url}/v1/models") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.2)
    said = await asyncio.to_thread(log.read_text)
    raise RuntimeError(f"llama-cpp-python's server ended with {process.returncode}:\n{said[-2000:]}")
