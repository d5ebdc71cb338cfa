"""The names of this home as hassil's slot lists, narrowed to those that a text can contain.

hassil tries the values of a list one after the other; in languages without spaces it tries them all. A name
that is not in the text cannot match, so that it need not be tried: 500 entities cost what five do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from hassil.expression import TextChunk
from hassil.intents import SlotList, TextSlotList, TextSlotValue
from hassil.util import remove_punctuation

from ..home.model import HomeSnapshot

_IGNORED = re.compile(r"[\W_]+")
"""What hassil may skip or rewrite when it compares a name with a text."""


_IDEOGRAPH = "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
_BESIDE_IDEOGRAPH = re.compile(rf"(?<={_IDEOGRAPH}) | (?={_IDEOGRAPH})")
"""Spaces that some write between Chinese or Japanese and other letters: 打开 TV."""


def normalize(text: str) -> str:
    """Return text in one spelling: full-width letters and digits as ASCII, white space single or, in Chinese, none."""
    return _BESIDE_IDEOGRAPH.sub("", " ".join(unicodedata.normalize("NFKC", text).split()))


def _key(text: str) -> str:
    return _IGNORED.sub("", text.casefold())


@dataclass(frozen=True, slots=True)
class _Name:
    key: str
    value: TextSlotValue


class Names:
    """The names of a home's entities, areas and floors."""

    def __init__(self, home: HomeSnapshot) -> None:
        self._lists = {
            "name": _entity_names(home),
            "area": _plain_names(name for area in home.areas for name in area.names),
            "floor": _plain_names(name for floor in home.floors for name in floor.names),
        }

    def lists_for(self, text: str) -> dict[str, SlotList]:
        """Return the slot lists `name`, `area` and `floor` with the values that occur in the text."""
        haystack = _key(text)
        return {
            kind: TextSlotList(name=kind, values=[name.value for name in names if name.key in haystack])
            for kind, names in self._lists.items()
        }

    def kinds_in(self, text: str) -> frozenset[str]:
        """Return which of `name`, `area` and `floor` the text contains any of."""
        haystack = _key(text)
        return frozenset(kind for kind, names in self._lists.items() if any(name.key in haystack for name in names))


def _entity_names(home: HomeSnapshot) -> tuple[_Name, ...]:
    """Return each name once per kind of entity, with what a sentence may require of the entity."""
    seen = {(name, entity.domain, entity.device_class): None for entity in home.entities for name in entity.names}
    return _names((name, _context(domain, device_class)) for name, domain, device_class in seen)


def _context(domain: str, device_class: str | None) -> dict[str, str]:
    return {"domain": domain, "device_class": device_class} if device_class else {"domain": domain}


def _plain_names(names: Iterable[str]) -> tuple[_Name, ...]:
    return _names((name, None) for name in dict.fromkeys(names))


def _names(values: Iterable[tuple[str, dict[str, str] | None]]) -> tuple[_Name, ...]:
    return tuple(
        _Name(key, TextSlotValue(text_in=TextChunk(spelled), value_out=name, context=context))
        for name, context in values
        # Punctuation is taken out of what was said as well; a name of nothing else would match anywhere.
        if (spelled := remove_punctuation(normalize(name)).strip()) and (key := _key(spelled))
    )
