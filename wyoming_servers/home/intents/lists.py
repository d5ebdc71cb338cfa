"""To-do lists, whose items are an attribute of the entity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import HomeError
from ..model import Entity
from ..targets import fold
from .request import Request, Result, change, done

_OPEN, _COMPLETED = "needs_action", "completed"

Items = list[dict[str, Any]]


def add_item(request: Request) -> Result:
    """Put an item on the list."""
    entity, items = _list(request)
    item = request.text("item").strip()
    return done([_with_items(entity, [*items, {"summary": item, "status": _OPEN}])])


def complete_item(request: Request) -> Result:
    """Tick an item off."""
    return _edit(request, lambda item: [{**item, "status": _COMPLETED}])


def remove_item(request: Request) -> Result:
    """Take an item off the list."""
    return _edit(request, lambda _: [])


def _edit(request: Request, edit: Callable[[dict[str, Any]], Items]) -> Result:
    entity, items = _list(request)
    wanted = fold(request.text("item"))
    index = next((index for index, item in enumerate(items) if fold(item["summary"]) == wanted), None)
    if index is None:
        raise HomeError("That is not on the list.", remedy="Ask for what is there.")
    return done([_with_items(entity, [*items[:index], *edit(items[index]), *items[index + 1 :]])])


def _list(request: Request) -> tuple[Entity, Items]:
    """Return the list that is meant; the shopping list has intents of its own, which do not name it."""
    entity = request.targets()[0]
    items = entity.attributes.get("items")
    return entity, [dict(item) for item in items] if isinstance(items, list) else []


def _with_items(entity: Entity, items: Items) -> Entity:
    unfinished = sum(1 for item in items if item.get("status") == _OPEN)
    return change(entity, str(unfinished), items=items)
