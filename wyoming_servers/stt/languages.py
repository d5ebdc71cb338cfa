"""Which of an engine's languages a client means. Pure logic."""

from __future__ import annotations

from collections.abc import Sequence

CANTONESE = frozenset({"zh-hk", "zh-mo", "zh-yue"})
OTHER_NAMES = {"nb": "no", "iw": "he", "in": "id", "fil": "tl", "jv": "jw", "cmn": "zh"}
"""Codes that clients use and the older or wider ones that models use for the same."""


def match_language(wanted: str, offered: Sequence[str]) -> str | None:
    """Return the offered language that is meant by a BCP 47 tag such as `en-US` or `zh_TW`; None if there is none.

    The tag itself is preferred, then the same language by another name or without its region, then any region.
    """
    by_tag = {_normal(tag): tag for tag in offered}
    tag = _normal(wanted)
    base = tag.partition("-")[0]
    candidates = [tag, *(["yue"] if tag in CANTONESE else []), base, OTHER_NAMES.get(base, base)]
    candidates += [each for each in by_tag if each.partition("-")[0] == base]
    return next((by_tag[each] for each in candidates if each in by_tag), None)


def _normal(tag: str) -> str:
    return tag.strip().replace("_", "-").lower()
