"""The one short question that stands in the place of a call, in English and Chinese. Pure logic.

It ends with a question mark, on which Home Assistant keeps listening.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...home.model import Entity, HomeSnapshot
from .call import Question

FEW = 4
"""So many things can be listed in a question; of more, only what they have in common can be asked."""

_TEXTS = {
    "en": {
        "which_one": "Which one do you mean: {list}?",
        "which_of_many": "Which one do you mean?",
        "this_one": "Do you mean {list}?",
        "all_of_them": "Do you mean all of them: {list}?",
        "all_of_many": "Do you mean all {count} of them?",
        "in": "{name} in the {area}",
        "comma": ", ",
        "or": " or ",
        "and": " and ",
    },
    "zh": {
        "which_one": "你是说哪一个：{list}？",  # noqa: RUF001
        "which_of_many": "你是说哪一个？",  # noqa: RUF001
        "this_one": "你是说{list}吗？",  # noqa: RUF001
        "all_of_them": "{list}，全部都要吗？",  # noqa: RUF001
        "all_of_many": "{count}个全部都要吗？",  # noqa: RUF001
        "in": "{area}的{name}",
        "comma": "、",
        "or": "，还是",  # noqa: RUF001
        "and": "和",
    },
}


def text_of(question: Question, home: HomeSnapshot, language: str) -> str:
    """Return the question in a language; in English where that is none of ours."""
    texts = _TEXTS["zh" if language.casefold().startswith("zh") else "en"]
    every = question.key == "all_of_them"
    candidates = question.candidates
    if question.key == "this_one" and len(candidates) == 1:
        return texts["this_one"].format(list=candidates[0].name)
    if not 1 < len(candidates) <= FEW:
        return texts["all_of_many" if every else "which_of_many"].format(count=len(candidates))
    names = _told_apart(candidates, home, texts["in"])
    listed = texts["comma"].join(names[:-1]) + texts["and" if every else "or"] + names[-1]
    return texts["all_of_them" if every else "which_one"].format(list=listed)


def _told_apart(candidates: Sequence[Entity], home: HomeSnapshot, placed: str) -> list[str]:
    """Return the names, with the room where a name is that of several."""
    names = [entity.name for entity in candidates]
    return [
        placed.format(name=entity.name, area=area.name)
        if names.count(entity.name) > 1 and (area := home.area(entity.area_id))
        else entity.name
        for entity in candidates
    ]
