"""`sotto pair`, and the HTTP door of `sotto run`, as their users meet them: processes and real sockets."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from .conftest import RunningServer, RunSotto, StartServer


@dataclass
class Serving:
    """A server with an HTTP door to all networks, and a client of it."""

    server: RunningServer
    http: aiohttp.ClientSession

    async def info(self) -> dict[str, Any]:
        async with self.http.get("/api/info") as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def pair(self) -> tuple[int, dict[str, Any]]:
        async with self.http.post("/api/pair", json={"client": "Home Assistant"}) as response:
            return response.status, await response.json()


@pytest.fixture
async def serving(start_server: StartServer) -> AsyncIterator[Serving]:
    server = await start_server("conversation", "--http-uri", "tcp://0.0.0.0:0")
    found = re.search(r"HTTP listens on port (\d+)", "".join(server.log))
    assert found
    async with aiohttp.ClientSession(f"http://127.0.0.1:{found[1]}") as http:
        yield Serving(server, http)


async def test_sotto_pair_lets_another_client_in_and_tells_of_the_first(
    sotto: RunSotto, serving: Serving, tmp_path: Path
) -> None:
    status, first = await serving.pair()
    assert status == 200
    assert (await serving.pair())[0] == 403
    done = await sotto("pair")
    assert done.code == 0, done.output
    assert "For 15 minutes, the first client" in done.output
    assert "Add integration" in done.output
    assert "Home Assistant at 127.0.0.1, paired 20" in done.output
    assert f"rm {tmp_path / 'data' / 'token'}" in done.output
    assert await serving.pair() == (200, first)


async def test_sotto_pair_says_that_no_server_took_notice_and_the_next_start_does(
    sotto: RunSotto, start_server: StartServer, serving: Serving
) -> None:
    assert (await serving.pair())[0] == 200
    serving.server.process.terminate()
    await serving.server.process.wait()
    done = await sotto("pair")
    assert done.code == 3, done.output
    assert "No running server took notice" in done.output
    assert "--data-dir" in done.output
    server = await start_server("conversation", "--http-uri", "tcp://0.0.0.0:0")
    assert "gets the token" in "".join(server.log)


async def test_sotto_pair_in_a_folder_that_is_no_servers_changes_nothing(sotto: RunSotto, tmp_path: Path) -> None:
    done = await sotto("pair", "--data-dir", str(tmp_path / "elsewhere"))
    assert done.code == 2
    assert str(tmp_path / "elsewhere") in done.output
    assert "--data-dir" in done.output
    assert not (tmp_path / "elsewhere").exists()


async def test_a_file_in_the_place_of_the_data_folder_is_told_in_a_sentence(sotto: RunSotto, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    done = await sotto("pair")
    assert done.code == 2
    assert "Traceback" not in done.output


@pytest.mark.parametrize("broken", ["id", "token"])
async def test_a_start_that_cannot_keep_its_files_says_which_and_what_to_do(
    sotto: RunSotto, tmp_path: Path, broken: str
) -> None:
    (tmp_path / "data" / broken).mkdir(parents=True)
    done = await sotto("run", "conversation", "--uri", "tcp://127.0.0.1:0", "--http-uri", "tcp://0.0.0.0:0")
    assert done.code == 2
    assert f"{tmp_path / 'data' / broken} cannot be used: Is a directory" in done.output
    assert "Traceback" not in done.output


async def test_sigterm_ends_it_and_leaves_nothing_behind_while_somebody_follows_its_events(serving: Serving) -> None:
    status, answer = await serving.pair()
    assert status == 200
    headers = {"Authorization": f"Bearer {answer['token']}"}
    async with serving.http.get("/api/events", headers=headers) as response:
        assert await response.content.readline() == b"event: status\n"
        serving.server.process.send_signal(signal.SIGTERM)
        rest, log = await asyncio.gather(response.read(), serving.server.read_log())
    assert rest.endswith(b"}\n\n"), "it came to its end, and was not cut off"
    assert serving.server.process.returncode == 0, log
    assert "Not everything stopped" not in log
    assert "Traceback" not in log
    assert answer["token"] not in log
