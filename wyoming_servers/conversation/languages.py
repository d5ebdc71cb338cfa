"""The languages of `home-assistant-intents`: which one a client means, and its sentences and answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hassil.intents import Intent, IntentData, Intents
from home_assistant_intents import get_intents, get_languages

from ..errors import EngineUnavailableError
from .candidates import Candidates
from .own_sentences import with_own_sentences

LANGUAGES: tuple[str, ...] = tuple(get_languages())
"""As Home Assistant spells them."""

FALLBACK = "en"

_BY_FOLDED = {language.casefold(): language for language in LANGUAGES}
_ALIASES = {"no": "nb", "nn": "nb", "iw": "he", "in": "id", "fil": "tl"}
_CHINESE = {"hant": "zh-TW", "tw": "zh-TW", "hk": "zh-HK", "mo": "zh-HK", "yue": "zh-HK"}
"""Subtags that tell one written Chinese from another; the regions count more than the script."""


def resolve_language(tag: str) -> str | None:
    """Return the supported language that serves a BCP 47 tag best, such as `en` for `en-US`; None if none does."""
    parts = tag.strip().replace("_", "-").casefold().split("-")
    if parts[0] in {"zh", "yue", "cmn"}:
        return next((_CHINESE[part] for part in reversed(parts) if part in _CHINESE), "zh-CN")
    parts[0] = _ALIASES.get(parts[0], parts[0])
    for length in range(len(parts), 0, -1):
        if found := _BY_FOLDED.get("-".join(parts[:length])):
            return found
    if found := _BY_FOLDED.get(f"{parts[0]}-{parts[-1]}"):
        return found
    return None


def language_of(text: str, tag: str) -> str:
    """Return the tag of the language in which a text is written.

    That is `tag`, unless the text begins in a script in which that language is not written: 打开灯 is no English.
    """
    letter = next((char for char in text if char.isalpha()), "")
    if not _IDEOGRAPHS.match(letter) or tag.strip().casefold().startswith(("zh", "yue", "cmn", "ja")):
        return tag
    return "ja" if _KANA.search(text) else "zh-CN"


_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff]")

_REFUSED_BY_SANDBOX = re.compile(r"\.(?:append|extend|insert|update|pop|remove|clear|setdefault)\(")
"""Home Assistant renders in Jinja's immutable sandbox; Thai has three templates that it refuses."""

_PLAIN = "OK"
"""Said in place of a template that cannot be rendered."""


@dataclass(frozen=True)
class Language:
    """One language's sentences, and the answers that belong to them."""

    code: str
    responses: Mapping[str, Mapping[str, str]]
    """Template by intent and response key."""
    errors: Mapping[str, str]
    """Template by error key, such as `no_entity`."""

    sentences: Candidates
    """All sentences."""
    local: Candidates
    """Only those that mean the room in which they are said: "turn on the lights"."""
    actions: Candidates
    """Only those with which things are switched, set or asked about one by one."""

    def response(self, intent: str, key: str | None) -> str:
        """Return the template of what is said when an intent is done; "" if there is none."""
        answers = self.responses.get(intent, {})
        template = answers.get(key or "default") or answers.get("default", "")
        return _PLAIN if _REFUSED_BY_SANDBOX.search(template) else template


_ACTIONS = frozenset(
    {
        "HassTurnOn",
        "HassTurnOff",
        "HassToggle",
        "HassLightSet",
        "HassSetPosition",
        "HassFanSetSpeed",
        "HassClimateSetTemperature",
    }
)


def _only(intents: Intents, keep: Callable[[str, IntentData], bool]) -> Intents:
    kept = {
        name: Intent(name, data)
        for name, intent in intents.intents.items()
        if (data := [each for each in intent.data if keep(name, each)])
    }
    return replace(intents, intents=kept)


@lru_cache(maxsize=8)
def load_language(code: str) -> Language:
    """Read a language: some 200 ms, so never on the event loop. Kept until eight others were read."""
    data: dict[str, Any] | None = get_intents(code)
    if data is None:
        raise EngineUnavailableError(
            f"home-assistant-intents has no language {code}.", remedy=f"Choose one of {', '.join(LANGUAGES)}."
        )
    data = with_own_sentences(code, data)
    intents = Intents.from_dict(data)
    answers = data.get("responses", {})
    return Language(
        code,
        responses=answers.get("intents", {}),
        errors=answers.get("errors", {}),
        sentences=Candidates(intents),
        local=Candidates(_only(intents, lambda _, each: "area" in each.requires_context)),
        actions=Candidates(_only(intents, lambda name, each: name in _ACTIONS or each.response == "one_yesno")),
    )
