"""Which of several choices a spoken answer is: by its words, or as a question to a language model. Pure logic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
import json
import re
from typing import Any

from hassil import Intents, recognize
from hassil.expression import Expression, Group, ListReference
from hassil.intents import WildcardSlotList

from .consent import Consent, consent_in
from .consent_words import POLITE, POLITE_ANYWHERE

Json = dict[str, Any]

_IDEOGRAPHIC = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_BLANK_BETWEEN = re.compile(r"(?<=[\u3400-\u4dbf\u4e00-\u9fff])\s+(?=[\u3400-\u4dbf\u4e00-\u9fff])")
_TOLD_SENTENCES = 6
"""Of each choice, to the model: enough to know what it means."""

_INSTRUCTIONS = (
    "A voice assistant asked somebody a question, and they answered aloud. Decide which one of the choices they mean. "
    "Speech recognition may have misheard a word. If the answer means none of the choices, or leaves open which, "
    "the choice is null."
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers to a question."""

    id: str
    sentences: tuple[str, ...]
    """Templates, as Home Assistant has them: "[in the] kitchen", "play {artist}"."""


@dataclass(frozen=True, slots=True)
class Match:
    """A choice that an answer has the words of."""

    id: str
    slots: Json = field(default_factory=dict)
    """What the placeholders of the sentence stand for."""


YES_OR_NO = (Choice("yes", ("yes", "是")), Choice("no", ("no", "不")))
"""What a yes and a no are is known of many languages: the sentences are only for the model."""


def match(answer: str, choices: Sequence[Choice], language: str) -> Match | None:
    """Return the choice that the words of an answer fit; None if they fit none.

    Case, punctuation, courtesies and hesitations do not count, nor do blanks between Chinese characters. A Chinese
    answer is one whatever the household's `language`. Raises hassil's ParseError if a sentence is no template.
    """
    chinese = _IDEOGRAPHIC.search(answer) is not None
    language = "zh" if chinese else language.lower().partition("-")[0]
    if choices is YES_OR_NO:
        consent = consent_in(answer, language)
        return None if consent is Consent.NEITHER else Match(consent.value)
    result = recognize(_BLANK_BETWEEN.sub("", answer), _intents(choices, language))
    if result is None or result.intent_metadata is None:
        return None
    return Match(result.intent_metadata["id"], {name: entity.value for name, entity in result.entities.items()})


def _intents(choices: Sequence[Choice], language: str) -> Intents:
    data = [{"sentences": list(choice.sentences), "metadata": {"id": choice.id}} for choice in choices]
    intents = Intents.from_dict(
        {
            "language": language,
            "settings": {"ignore_whitespace": language == "zh"},
            "skip_words": sorted(POLITE_ANYWHERE | POLITE.get(language, frozenset())),
            "intents": {"Answer": {"data": data}},
        }
    )
    for name in _placeholders(intents):
        intents.slot_lists[name] = WildcardSlotList(name)
    return intents


def _placeholders(intents: Intents) -> set[str]:
    sentences = (sentence for each in intents.intents["Answer"].data for sentence in each.sentences)
    return {name for sentence in sentences for name in _lists(sentence.expression)}


def _lists(expression: Expression) -> Iterator[str]:
    if isinstance(expression, ListReference):
        yield expression.list_name
    elif isinstance(expression, Group):
        for item in expression.items:
            yield from _lists(item)


def completion(question: str, answer: str, choices: Sequence[Choice]) -> Json:
    """Return the body of a completion that decides; `decision` reads its answer."""
    told = {
        "question": question,
        "answer": answer,
        "choices": {choice.id: choice.sentences[:_TOLD_SENTENCES] for choice in choices},
    }
    schema = {
        "type": "object",
        "properties": {"choice": {"enum": [*(choice.id for choice in choices), None]}},
        "required": ["choice"],
        "additionalProperties": False,
    }
    return {
        "messages": [
            {"role": "system", "content": _INSTRUCTIONS},
            {"role": "user", "content": json.dumps(told, ensure_ascii=False)},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": "choice", "strict": True, "schema": schema}},
        "temperature": 0,
        "max_completion_tokens": 100,
    }


def decision(written: str, choices: Sequence[Choice]) -> str | None:
    """Return the id of the choice that was decided for, None for none of them. Raises ValueError if it is neither."""
    try:
        chosen = json.loads(written)["choice"]
    except (KeyError, TypeError) as err:
        raise ValueError("the model wrote no choice") from err
    if chosen is not None and chosen not in [choice.id for choice in choices]:
        raise ValueError("the model chose something that was no choice")
    return None if chosen is None else str(chosen)
