"""`sotto models`: the models that can be fetched, through a running server, or else in the data folder itself."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import EngineUnavailableError, RemoteError, SottoError
from ..settings import Settings
from .bar import Bar, cut, padded, width_of
from .run import read_settings

if TYPE_CHECKING:  # they need the package aiohttp
    from .door import Door
    from .local_models import LocalModels

EXIT_OK = 0
EXIT_FAILED = 4
LOOK_EVERY_S = 0.5
_MB = 1_000_000
_BUSY = frozenset({"queued", "downloading", "verifying"})
_TITLE_COLUMNS = 44

Object = dict[str, Any]


class Models(Protocol):
    """Where models are worked on."""

    async def all(self) -> Object:
        """Return what `GET /api/models` does."""

    async def fetch(self, model_id: str) -> Object:
        """Begin to fetch; returns the model."""

    async def remove(self, model_id: str) -> Object:
        """Remove, or stop fetching; returns the model."""

    async def cancel(self, model_id: str) -> Object:
        """Stop fetching, and leave what is installed; returns the model."""

    async def import_folder(self, folder: Path) -> list[str]:
        """Return the ids of models that a folder brought."""


class RemoteModels:
    """Those of a running server."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def all(self) -> Object:
        """Return what `GET /api/models` does."""
        return await self._door.get("/api/models")

    async def fetch(self, model_id: str) -> Object:
        """Begin to fetch; returns the model."""
        model: Object = (await self._door.post(_address(model_id), {}))["model"]
        return model

    async def remove(self, model_id: str) -> Object:
        """Remove, or stop fetching; returns the model."""
        model: Object = (await self._door.delete(_address(model_id)))["model"]
        return model

    async def cancel(self, model_id: str) -> Object:
        """Stop fetching, and leave what is installed; returns the model."""
        model: Object = (await self._door.delete(_address(model_id), only="cancel"))["model"]
        return model

    async def import_folder(self, folder: Path) -> list[str]:
        """Return the ids of models that a folder of the server's machine brought."""
        imported: list[str] | None = None
        with Bar(folder.name) as bar:
            async for event, answer in self._door.post_followed("/api/models/import", {"folder": str(folder)}):
                if event == "progress":
                    bar.show(answer["step"], answer["done"], answer["total"])
                else:
                    imported = answer["imported"]
        if imported is None:
            raise RemoteError("The server broke off.", remedy="Its log may say why.")
        return imported


async def models(args: argparse.Namespace) -> int:
    """Do what the second word of the command says."""
    if find_spec("aiohttp") is None:
        raise EngineUnavailableError(
            "This command needs the package aiohttp.", remedy="Install it with: pip install 'sotto[http]'"
        )
    async with _opened(read_settings(args)) as opened:
        return await _COMMANDS[args.models_command](opened, args)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[RemoteModels | LocalModels]:
    """Connect to the server, if one answers; else work on its folders."""
    from ..pipeline.assistant import UnreachableError  # noqa: PLC0415 - these need aiohttp
    from .door import opened_door  # noqa: PLC0415
    from .local_models import opened_store  # noqa: PLC0415

    if settings.http.uri:
        async with opened_door(settings) as door:
            try:
                await door.get("/api/info")
            except UnreachableError:
                pass
            else:
                yield RemoteModels(door)
                return
    async with opened_store(settings) as local:
        yield local


async def _list(opened: Models, args: argparse.Namespace) -> int:
    answer = await opened.all()
    shown = [each for each in answer["models"] if _is_asked_for(each, args)]
    for line in _table(shown):
        print(line)
    print(f"{len(shown)} models; {answer['disk']['free_bytes'] / _MB:,.0f} MB are free")
    return EXIT_OK


def _is_asked_for(model: Object, args: argparse.Namespace) -> bool:
    spoken = {each.lower().partition("-")[0] for each in model["languages"]}
    language = args.spoken.lower().replace("_", "-").partition("-")[0] if args.spoken else None
    return (args.kind in {None, model["kind"]}) and (language is None or not spoken or language in spoken)


async def _status(opened: Models, _: argparse.Namespace) -> int:
    answer = await opened.all()
    shown = [each for each in answer["models"] if _is_of_interest(each)]
    for line in _table(shown):
        print(line)
    if not shown:
        print("There are no models. Fetch one with: sotto models fetch ID")
    print(f"{answer['disk']['free_bytes'] / _MB:,.0f} MB are free")
    return EXIT_FAILED if any(each["error"] for each in shown) else EXIT_OK


def _is_of_interest(model: Object) -> bool:
    return bool(model["state"] != "absent" or model["wanted"] or model["offered"] or model["replaced"])


def _table(models: list[Object]) -> list[str]:
    ids = max((width_of(each["id"]) for each in models), default=0)
    titles = [cut(each["title"], _TITLE_COLUMNS) for each in models]
    columns = max(map(width_of, titles), default=0)
    return [
        _line(each, padded(each["id"], ids), padded(title, columns)) for each, title in zip(models, titles, strict=True)
    ]


def _line(model: Object, model_id: str, title: str) -> str:
    memory = f"{model['memory_mb']:>6} MB" if model["memory_mb"] else " " * 9
    notes = [
        "yours" if model["own"] else "",
        "wanted" if model["wanted"] else "",
        f"better; to be fetched by name, as it has terms: {model['terms']}" if model["offered"] else "",
        "in use" if model["in_use"] else "",
        _replaced(model["replaced"]),
        "" if model["pinned"] or model["own"] else "unpinned",
        model["error"]["message"] if model["error"] else "",
    ]
    size = f"{model['size_bytes'] / _MB:>7,.0f} MB"
    noted = ", ".join(filter(None, notes))
    return f"{_state(model):<16}{model['kind']:<10}{model_id}  {title}  {size}  {memory}  {noted}".rstrip()


def _replaced(replaced: Object | None) -> str:
    if replaced is None:
        return ""
    left_s = replaced["removed_in_s"]
    when = "removed" if left_s is None else f"is removed in {-(-left_s // 86_400)} days"
    return f"{when}, as {replaced['by']} is in its place"


def _state(model: Object) -> str:
    done, total = model["done_bytes"], model["total_bytes"]
    if model["state"] in {"downloading", "failed"} or (model["state"] == "absent" and done):
        return f"{model['state']} {100 * done // max(1, total)} %"
    return str(model["state"])


async def _fetch(opened: Models, args: argparse.Namespace) -> int:
    """Fetch models, and wait; the server goes on when this is interrupted."""
    failed = False
    for model_id in args.model:
        model = await opened.fetch(model_id)
        with Bar(model["title"]) as bar:
            while model["state"] in _BUSY:
                bar.show(model["state"], model["done_bytes"] // _MB, model["total_bytes"] // _MB)
                await asyncio.sleep(LOOK_EVERY_S)
                model = next(each for each in (await opened.all())["models"] if each["id"] == model_id)
        if error := model["error"]:
            failed = True
            sys.stderr.write(f"sotto: {model_id}: {error['message']}\n")
        else:
            print(f"{model['state']:<10}{model_id}  {model['title']}", flush=True)
    return EXIT_FAILED if failed else EXIT_OK


async def _remove(opened: Models, args: argparse.Namespace) -> int:
    return await _each(opened.remove, args)


async def _cancel(opened: Models, args: argparse.Namespace) -> int:
    return await _each(opened.cancel, args)


async def _each(act: Callable[[str], Awaitable[Object]], args: argparse.Namespace) -> int:
    """Do it with each model; what fails does not keep it from being done with the others."""
    failed = False
    for model_id in args.model:
        try:
            model = await act(model_id)
        except SottoError as err:
            if len(args.model) == 1:
                raise
            failed = True
            sys.stderr.write(f"sotto: {model_id}: {err}\n")
        else:
            print(f"{model['state']:<10}{model_id}  {model['title']}", flush=True)
    return EXIT_FAILED if failed else EXIT_OK


async def _import(opened: Models, args: argparse.Namespace) -> int:
    imported = await opened.import_folder(await asyncio.to_thread(args.folder.expanduser().absolute))
    for model_id in imported:
        print(f"imported  {model_id}")
    if not imported:
        print("All models of that folder are there already.")
    return EXIT_OK


def _address(model_id: str) -> str:
    return f"/api/models/{model_id}"


_COMMANDS: dict[str, Callable[[Models, argparse.Namespace], Awaitable[int]]] = {
    "list": _list,
    "fetch": _fetch,
    "cancel": _cancel,
    "remove": _remove,
    "import": _import,
    "status": _status,
}
