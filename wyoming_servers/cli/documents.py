"""`sotto documents`: the household's documents in a running server, through its HTTP door."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import textwrap
from collections.abc import Awaitable, Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..conversation.knowledge.folder import READ
from ..errors import EngineUnavailableError, RemoteError, SettingsError
from . import document_gate
from .bar import Bar, cut, padded, width_of
from .run import read_settings

if TYPE_CHECKING:  # it needs the package aiohttp
    from .door import Door

EXIT_OK = 0
EXIT_NOTHING_FOUND = 1
EXIT_FAILED = 4
_ADDRESS = "/api/documents"
_TITLE_COLUMNS = 40


async def documents(args: argparse.Namespace) -> int:
    """Do what the second word of the command says."""
    if find_spec("aiohttp") is None:
        raise EngineUnavailableError(
            "This command needs the package aiohttp.", remedy="Install it with: pip install 'sotto[http]'"
        )
    from .door import opened_door  # noqa: PLC0415 - see above

    settings = read_settings(args)
    async with opened_door(settings) as door:
        return await _COMMANDS[args.documents_command](door, args)


async def _add(door: Door, args: argparse.Namespace) -> int:
    """Send files, one after the other; what fails does not keep the others from being sent."""
    paths = await asyncio.to_thread(list, _files(args.file))
    if args.name and len(paths) != 1:
        raise SettingsError(f"--name is one name, and there are {len(paths)} files.")
    failed = False
    for path in paths:
        try:
            await _add_one(door, path, args.name or path.name, replace=args.replace)
        except OSError as err:
            failed = True
            sys.stderr.write(f"sotto: {path}: {err.strerror}\n")
        except RemoteError as err:
            if err.code == "unreachable":
                raise
            failed = True
            sys.stderr.write(f"sotto: {path}: {err}\n")
    return EXIT_FAILED if failed else EXIT_OK


async def _add_one(door: Door, path: Path, name: str, *, replace: bool) -> None:
    file = await asyncio.to_thread(path.open, "rb")
    query = {"name": name, "replace": "yes" if replace else "no"}
    with file, Bar(name) as bar:
        bar.show("sending", 0, 0)
        answer: dict[str, Any] = {}
        async for event, answer in door.post_file(_ADDRESS, query, file):
            if event == "progress":
                bar.show(answer["step"], answer["done"], answer["total"])
    if "document" not in answer:
        raise RemoteError("The server broke off.", remedy="Send it again; its log may say why.")
    document = answer["document"]
    print(f"{answer['outcome']:<10}{document['id']}  {document['title']} ({_passages(document)})", flush=True)
    for warning in document["warnings"]:
        print(f"          {warning}", flush=True)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files, and of folders those that can be read as documents."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for each in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in each.relative_to(path).parts)
            if not hidden and each.is_file() and each.suffix.lstrip(".").casefold() in READ:
                yield each


async def _list(door: Door, _: argparse.Namespace) -> int:
    found = (await door.get(_ADDRESS))["documents"]
    titles = [cut(each["title"], _TITLE_COLUMNS) for each in found]
    columns = max(map(width_of, titles), default=0)
    for each, title in zip(found, titles, strict=True):
        where = each["source"] or each["name"]
        print(f"{each['id']}  {padded(title, columns)}  {each['added'][:10]}  {_passages(each):>13}  {where}")
    if not found:
        print("There are no documents. Add one with: sotto documents add FILE")
    return EXIT_OK


async def _remove(door: Door, args: argparse.Namespace) -> int:
    found = (await door.get(_ADDRESS))["documents"]
    for wanted in args.document:
        document = _chosen(found, wanted)
        await door.delete(f"{_ADDRESS}/{document['id']}")
        print(f"removed   {document['id']}  {document['title']}", flush=True)
    return EXIT_OK


def _chosen(documents: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    """Return the one document of this id, name or title."""
    chosen = [each for each in documents if wanted in {each["id"], each["name"], each["title"]}]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        ids = ", ".join(each["id"] for each in chosen)
        raise SettingsError(f"{len(chosen)} documents are called {wanted}.", remedy=f"Name one by its id: {ids}.")
    raise SettingsError(f"There is no document {wanted}.", remedy="`sotto documents list` names them all.")


async def _search(door: Door, args: argparse.Namespace) -> int:
    answer = await door.get(f"{_ADDRESS}/search", q=" ".join(args.question), limit=str(args.limit))
    columns = min(100, shutil.get_terminal_size().columns)
    for place, each in enumerate(answer["found"], 1):
        page = f", page {each['page']}" if each["page"] else ""
        heads = " › ".join(filter(None, (*each["headings"], each["question"])))  # noqa: RUF001 - as on web pages
        print(f"{place}. {each['document']['title']}{page}{f'  {heads}' if heads else ''}")
        for line in each["text"].splitlines():
            print(textwrap.indent(textwrap.fill(line, columns - 3), "   "))
    if not answer["found"]:
        print("Nothing was found.")
    return EXIT_OK if answer["found"] else EXIT_NOTHING_FOUND


async def _status(door: Door, _: argparse.Namespace) -> int:
    status = await door.get(f"{_ADDRESS}/status")
    for name, told in _lines(status):
        print(f"{name:<11}{told}")
    return EXIT_OK


def _lines(status: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "documents", f"{status['documents']}, {_passages(status)}"
    if reading := status["reading"]:
        progress = reading["progress"]
        part = f" {progress['done']}/{progress['total']}" if progress["total"] else ""
        waiting = f"; {status['waiting'] - 1} more wait" if status["waiting"] > 1 else ""
        yield "now", f"{progress['step']} {reading['name']}{part}{waiting}"
    if embedder := status["embedder"]:
        model = embedder["model"]
        yield "embedder", f"{model['model']} ({model['engine']}): {model['state']}, {model['detail']}"
        yield "", f"{embedder['embedded']} of {_passages(status)} embedded; {embedder['answering'] or 'none'} answers"
        if embedder["problem"]:
            yield "", embedder["problem"]
        if languages := ", ".join(embedder["not_understood"]):
            yield "", f"does not understand {languages}: such questions are searched by words alone"
    else:
        yield "embedder", "none: documents are found by their words"
    for folder in status["folders"]:
        yield "folder", f"{folder} (not there)" if folder in status["absent"] else folder
    for failure in status["failures"]:
        yield "unread", f"{failure['source']}: {failure['message']}"
    if status["notice"]:
        yield "notice", status["notice"]


def _passages(counted: dict[str, Any]) -> str:
    return f"{counted['passages']} passage{'' if counted['passages'] == 1 else 's'}"


_COMMANDS: dict[str, Callable[[Door, argparse.Namespace], Awaitable[int]]] = {
    "add": _add,
    "list": _list,
    "remove": _remove,
    "search": _search,
    "status": _status,
    "calibrate": document_gate.calibrate,
    "example": document_gate.example,
}
