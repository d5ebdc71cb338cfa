"""`sotto documents` as its user runs it: processes, a real server behind a real port, exit codes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import aiohttp
import pytest

from wyoming_servers.cli.bar import Bar, cut, padded, width_of

from .conftest import Done, OtherProgram, RunningServer, RunSotto, StartServer, environment

DRYER = "# Dryer\n\nClean the lint filter after every load.\n\n## Errors\n\nE24 means that the water tank is full.\n"
TEA = "# 茶\n\n绿茶用八十度的水泡三分钟。\n"

Documents = Callable[..., Awaitable[Done]]


def port_of(server: RunningServer) -> str:
    found = re.search(r"HTTP listens on port (\d+)", "".join(server.log))
    assert found
    return found[1]


@pytest.fixture
async def documents(sotto: RunSotto, start_server: StartServer) -> Documents:
    """Run `sotto documents` against a server that asks for the token in its data folder."""
    server = await start_server("conversation", "--http-uri", "tcp://0.0.0.0:0", "--knowledge-max-mb", "1")
    uri = f"tcp://127.0.0.1:{port_of(server)}"

    async def run(*arguments: str) -> Done:
        at = 2 if arguments[0] == "example" else 1
        return await sotto("documents", *arguments[:at], "--http-uri", uri, *arguments[at:])

    return run


def written(tmp_path: Path, **texts: str) -> list[str]:
    paths = [tmp_path / f"{name}.md" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return [str(path) for path in paths]


async def test_documents_are_added_listed_found_and_removed(documents: Documents, tmp_path: Path) -> None:
    added = await documents("add", *written(tmp_path, dryer=DRYER, tea=TEA))
    assert added.code == 0, added.output
    lines = added.output.splitlines()
    assert re.fullmatch(r"added     [0-9a-f]{16}  Dryer \(\d+ passages?\)", lines[0])
    assert lines[1].endswith("茶 (1 passage)")
    again = await documents("add", *written(tmp_path, dryer=DRYER))
    assert again.output.startswith("unchanged ")

    listed = await documents("list")
    assert listed.code == 0
    assert [line.split()[1] for line in listed.output.splitlines()] == ["Dryer", "茶"]
    assert "dryer.md" in listed.output

    found = await documents("search", "what", "does", "E", "24", "mean")
    assert found.code == 0
    assert found.output.startswith("1. Dryer")
    assert "   E24 means that the water tank is full." in found.output
    assert "绿茶" in (await documents("search", "绿茶怎么泡")).output

    status = await documents("status")
    assert status.code == 0
    assert re.search(r"documents  2, \d passages", status.output)
    assert "found by their words" in status.output
    assert str(tmp_path / "data" / "documents") in status.output

    removed = await documents("remove", "dryer.md", "茶")
    assert removed.code == 0, removed.output
    assert "There are no documents" in (await documents("list")).output
    nothing = await documents("search", "E24")
    assert nothing.code == 1
    assert nothing.output == "Nothing was found.\n"


async def test_a_folder_is_added_with_all_documents_in_it(documents: Documents, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    (folder / "deep").mkdir(parents=True)
    for name in ("one.md", "deep/two.txt", ".hidden.md", "picture.jpg"):
        (folder / name).write_text(f"Text of {name}")
    added = await documents("add", str(folder))
    assert added.code == 0, added.output
    assert len(added.output.splitlines()) == 2


async def test_a_document_of_the_same_name_is_replaced_only_if_that_is_said(
    documents: Documents, tmp_path: Path
) -> None:
    await documents("add", *written(tmp_path, dryer=DRYER))
    paths = written(tmp_path, dryer="# Dryer\n\nNews.")
    refused = await documents("add", *paths)
    assert refused.code == 4
    assert "--replace" in refused.output
    assert (await documents("add", "--name", "other.md", *paths)).output.startswith("added")
    paths = written(tmp_path, dryer="# Dryer\n\nNewer.")
    assert (await documents("add", "--replace", *paths)).output.startswith("replaced")
    ambiguous = await documents("remove", "Dryer")
    assert ambiguous.code == 2
    assert "2 documents are called Dryer" in ambiguous.output


async def test_what_fails_does_not_keep_the_others_from_being_added(documents: Documents, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (tmp_path / "large.txt").write_bytes(b"word " * 6_000_000)
    paths = [str(tmp_path / name) for name in ("broken.pdf", "missing.md", "large.txt")]
    done = await documents("add", *paths, *written(tmp_path, dryer=DRYER))
    assert done.code == 4
    assert f"sotto: {tmp_path / 'broken.pdf'}: The file is damaged" in done.output
    assert f"sotto: {tmp_path / 'missing.md'}: No such file or directory" in done.output
    assert "larger than 1 MB" in done.output
    assert "added " in done.output
    assert "Traceback" not in done.output


async def test_when_documents_answer_is_calibrated_and_shown(documents: Documents, tmp_path: Path) -> None:
    nothing = await documents("calibrate")
    assert nothing.code == 4
    assert "no documents yet" in nothing.output
    await documents("add", *written(tmp_path, dryer=DRYER, tea=TEA))
    done = await documents("calibrate", "--precision", "0.8")
    assert done.code == 0, done.output
    assert re.search(r"Calibrated on \d passages, searched by words alone", done.output)
    assert "The aim of 0.8 is" in done.output
    table = done.output.split("threshold  precision  at least  recall  answered\n")[1].splitlines()
    assert sum("<- chosen" in line for line in table) == 1
    thresholds = [float(line.split()[0]) for line in table]
    assert thresholds == sorted(thresholds, reverse=True)
    assert "Traceback" not in done.output
    assert (await documents("calibrate", "--precision", "2")).code == 4


async def test_sentences_are_taught_and_taken_back(documents: Documents) -> None:
    assert "There are none" in (await documents("example", "list")).output
    added = await documents("example", "add", "--keep-quiet", "what", "time", "is", "it")
    assert (added.code, added.output) == (0, "added     keep quiet  what time is it\n")
    await documents("example", "add", "when is the bin collected")
    listed = await documents("example", "list")
    assert listed.output == "keep quiet  what time is it\nanswer      when is the bin collected\n"
    removed = await documents("example", "remove", "What time is it?")
    assert (removed.code, removed.output) == (0, "removed   keep quiet  what time is it\n")
    assert (await documents("example", "remove", "what time is it")).code == 4


async def test_wrong_usage_ends_with_2(documents: Documents, tmp_path: Path) -> None:
    assert (await documents("remove", "nothing")).code == 2
    assert (await documents("add")).code == 2
    assert (await documents("add", "--name", "x", *written(tmp_path, a="A", b="B"))).code == 2
    assert (await documents("search", "x", "--limit", "1000")).code == 4


async def test_without_a_server_it_is_said_what_to_do(sotto: RunSotto) -> None:
    done = await sotto("documents", "list", "--http-uri", "tcp://127.0.0.1:9")
    assert done.code == 3
    assert "No server answers at http://127.0.0.1:9" in done.output
    assert "sotto run" in done.output
    wrong = await sotto("documents", "list", "--http-uri", "udp://x")
    assert wrong.code == 2
    assert "Traceback" not in done.output + wrong.output


async def test_the_wrong_token_is_said_with_what_to_do(sotto: RunSotto, documents: Documents, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    done = await documents("list", "--data-dir", str(tmp_path / "elsewhere"))
    assert done.code == 4
    assert "--data-dir" in done.output


async def test_a_program_that_is_not_sotto_is_recognised(sotto: RunSotto, other_program: OtherProgram) -> None:
    port = await other_program(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    done = await sotto("documents", "list", "--http-uri", f"tcp://127.0.0.1:{port}")
    assert done.code == 4
    assert "is not Sotto" in done.output


async def test_a_terminal_shows_a_bar_and_leaves_nothing_of_it(start_server: StartServer, tmp_path: Path) -> None:
    server = await start_server("conversation", "--http-uri", "tcp://127.0.0.1:0")
    text = "\n\n".join(f"Sentence number {number} of a long document." for number in range(20_000))
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "wyoming_servers", "documents", "add", *written(tmp_path, long=text)]
    process = await asyncio.create_subprocess_exec(
        *command,
        "--http-uri",
        f"tcp://127.0.0.1:{port_of(server)}",
        stdout=PIPE,
        stderr=theirs,
        env={**environment(tmp_path), "COLUMNS": "80"},
    )
    output, _ = await process.communicate()
    os.close(theirs)
    shown = os.read(ours, 1_000_000).decode()
    os.close(ours)
    assert process.returncode == 0, output
    assert re.search(r"\[#+\.*\] indexing \d+/\d+  long\.md", shown)
    assert shown.endswith("\r\x1b[K")
    assert output.decode().startswith("added ")


async def test_a_server_that_was_killed_has_all_that_it_acknowledged(start_server: StartServer) -> None:
    acknowledged: set[str] = set()
    for kill in range(3):
        server = await start_server("conversation", "--http-uri", "tcp://127.0.0.1:0")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port_of(server)}/api/") as http:
            async with http.get("documents") as response:
                there = {each["name"] for each in (await response.json())["documents"]}
            assert acknowledged <= there
            for name in acknowledged:
                async with http.get("documents/search", params={"q": name.removesuffix(".md")}) as response:
                    found = (await response.json())["found"]
                assert name in {each["document"]["name"] for each in found}
            killing: asyncio.TimerHandle | None = None
            with contextlib.suppress(aiohttp.ClientError):
                for number in count():
                    name = f"paper{kill}x{number}.md"
                    text = f"# Paper {kill}x{number}\n\n" + "Pour vinegar into the tank.\n\n" * 200
                    async with http.post("documents", params={"name": name}, data=text) as response:
                        assert response.status == 200
                    acknowledged.add(name)
                    if killing is None:  # however long the first one took on a busy machine
                        killing = asyncio.get_running_loop().call_later(0.3 + kill / 7, server.process.kill)
            assert await server.process.wait() == -signal.SIGKILL
    assert len(acknowledged) >= 3


def test_text_is_as_wide_as_a_terminal_shows_it() -> None:
    assert width_of("tea 茶") == 6
    assert padded("茶", 4) == "茶  "
    assert cut("绿茶用水", 5) == "绿茶…"
    assert cut("tea", 3) == "tea"


def test_where_there_is_no_terminal_hardly_anything_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("tea.md") as bar:
        bar.show("reading", 1, 2)
    assert capsys.readouterr().err == ""
