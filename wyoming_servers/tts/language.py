"""Which language a text is in, by its script, and which voice reads it.

Home Assistant never says the language of a text, and sends a voice only if the user picked one.

Pure logic.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..errors import UnknownModelError
from .engine import Voice

LATIN = "LATIN"
HAN = "CJK"
_KANA = ("HIRAGANA", "KATAKANA")
_EAST_ASIAN = frozenset({HAN, *_KANA, "HANGUL", "BOPOMOFO"})

EAST_ASIAN_SHARE = 0.2
"""From this share of a text on, Chinese, Japanese or Korean decide its language: their voices read English words,
whereas other voices fall silent at their characters."""
_EAST_ASIAN_WEIGHT = 3
"""One of their characters takes as long to say as three letters."""

_LANGUAGES = {
    "ARABIC": ("ar", "fa", "ur", "sd", "ug", "ps", "ku"),
    "ARMENIAN": ("hy", "hyw"),
    "BENGALI": ("bn", "as", "bpy"),
    "BOPOMOFO": ("zh",),
    "CHEROKEE": ("chr",),
    "CJK": ("zh", "yue", "ja", "hak"),
    "CYRILLIC": ("ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tt", "ba", "cv", "tg", "nog"),
    "DEVANAGARI": ("hi", "mr", "ne", "kok"),
    "ETHIOPIC": ("am", "ti"),
    "GEORGIAN": ("ka",),
    "GREEK": ("el", "grc"),
    "GUJARATI": ("gu",),
    "GURMUKHI": ("pa",),
    "HANGUL": ("ko",),
    "HEBREW": ("he", "yi"),
    "HIRAGANA": ("ja",),
    "KANNADA": ("kn",),
    "KATAKANA": ("ja",),
    "KHMER": ("km",),
    "LAO": ("lo",),
    "MALAYALAM": ("ml",),
    "MYANMAR": ("my", "shn"),
    "ORIYA": ("or",),
    "SHAVIAN": ("en",),
    "SINHALA": ("si",),
    "TAMIL": ("ta",),
    "TELUGU": ("te",),
    "THAI": ("th",),
}
"""Languages by their script, named as the Unicode character names begin; the usual one first. Others are Latin."""

_USUAL_REGION = {"de": "DE", "en": "US", "es": "ES", "fr": "FR", "nl": "NL", "pt": "BR", "zh": "CN"}
"""Which region's voice is meant where none is named; Home Assistant prefers the same."""


@dataclass(frozen=True, slots=True)
class VoiceWish:
    """What a client asked for."""

    name: str | None = None
    language: str | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class VoiceDefaults:
    """What the household set."""

    voice: str = ""
    language: str = "en"


Tiers = Sequence[Sequence[Voice]]
"""The voices of each engine, the preferred engine first."""


def base_of(language: str) -> str:
    """Return the spoken language of a BCP 47 tag: `en` of en-GB, `yue` of zh-HK, `nb` of no."""
    parts = language.replace("_", "-").casefold().split("-")
    if parts[0] == "zh" and {"hk", "mo", "yue"} & set(parts[1:]):
        return "yue"
    return {"cmn": "zh", "no": "nb", "iw": "he", "in": "id"}.get(parts[0], parts[0])


def scripts_of(language: str) -> frozenset[str]:
    """Return the scripts in which a language is written; Latin where it has no other."""
    base = base_of(language)
    own = frozenset(script for script, languages in _LANGUAGES.items() if base in languages)
    return own | {LATIN} if base in {"en", "sr", "ku"} or not own else own


def script_of(text: str) -> str | None:
    """Return the script that decides a text's language; None for a text without letters."""
    counts = Counter(script for script in map(_script, text) if script is not None)
    if not counts:
        return None
    for script in _EAST_ASIAN & counts.keys():
        counts[script] *= _EAST_ASIAN_WEIGHT
    east_asian = {script: counts[script] for script in _EAST_ASIAN & counts.keys()}
    if sum(east_asian.values()) < EAST_ASIAN_SHARE * counts.total():
        return min(counts, key=lambda script: (-counts[script], script != LATIN, script))
    for script in (*_KANA, "HANGUL"):  # kana beside Han are Japanese, and so is Hangul beside it Korean
        if script in east_asian:
            return script
    return next(iter(east_asian))


@lru_cache(maxsize=4096)
def _script(character: str) -> str | None:
    if not character.isalpha():
        return None
    plain = unicodedata.normalize("NFKC", character)[:1]
    script = unicodedata.name(plain, "").partition(" ")[0]
    return script if script in _LANGUAGES or script == LATIN else None


def language_of(text: str, configured: str) -> str:
    """Return the language of a text: the configured one if it is written like this, else the script's usual one."""
    script = script_of(text)
    if script is None or script in scripts_of(configured):
        return configured
    if script == LATIN:
        return "en"
    return _LANGUAGES[script][0]


def can_read(language: str, text: str) -> bool:
    """Whether a voice of this language says the text at all: Latin letters are read by every voice, other
    scripts only by their own.
    """  # noqa: D205 - one sentence
    script = script_of(text)
    return script is None or script == LATIN or script in scripts_of(language)


def find_voice(tiers: Tiers, name: str) -> Voice | None:
    """Return the voice of this name, also if it is written in other cases."""
    voices = [voice for tier in tiers for voice in tier]
    for voice in voices:
        if voice.name == name:
            return voice
    return next((voice for voice in voices if voice.name.casefold() == name.casefold()), None)


def voice_for(tiers: Tiers, language: str) -> Voice | None:
    """Return the best voice for a language: the preferred engine's, then of the same region, then in their order."""
    for tier in tiers:
        same = [voice for voice in tier if base_of(voice.language) == base_of(language)]
        if same:
            return min(same, key=lambda voice: _distance(voice.language, language))
    return None


def tags_of(language: str) -> list[str]:
    """Return the tags under which Home Assistant lists a voice: its own, and the bare language for the usual region.

    Its editor of assistants picks a language and a voice by itself. Between regions of which none is the household's
    country it goes by the alphabet: without a bare `en`, English became that of the Caribbean.
    """
    base = base_of(language)
    return [language, base] if _distance(language, base) == 1 else [language]


def _distance(have: str, want: str) -> int:
    have, want = have.replace("_", "-").casefold(), want.replace("_", "-").casefold()
    if have == want:
        return 0
    usual = _USUAL_REGION.get(base_of(want), "").casefold()
    return 1 if usual in have.split("-")[1:] else 2


def choose_voice(tiers: Tiers, wish: VoiceWish, defaults: VoiceDefaults, text: str) -> Voice:
    """Return the voice that reads this text.

    The voice or language that was wished for, unless it cannot read the text's script; else the default voice if
    the text is in its language; else one for the text's language. Raises UnknownModelError for a name or language
    that no voice has, or if there is no voice at all.
    """
    wished = wished_voice(tiers, wish)
    if wished is not None and can_read(wished.language, text):
        return wished
    language = language_of(text, defaults.language)
    default = find_voice(tiers, defaults.voice) if defaults.voice else None
    if default is not None and base_of(default.language) == base_of(language):
        return default
    candidates = (voice_for(tiers, each) for each in (language, defaults.language, "en"))
    found = next((voice for voice in candidates if voice is not None), None)
    found = found or wished or default or next((voice for tier in tiers for voice in tier), None)
    if found is None:
        raise UnknownModelError("There is no voice here.", remedy="Put a Piper voice in the folder of voices.")
    return found


def wished_voice(tiers: Tiers, wish: VoiceWish) -> Voice | None:
    """Return the voice that was wished for, None if any will do.

    Raises UnknownModelError for a name, language or speaker that there is not, listing some that there are.
    """
    voice = None
    if wish.name:
        voice = find_voice(tiers, wish.name)
        _require(voice, "voice", wish.name, (each.name for tier in tiers for each in tier))
    elif wish.language:
        voice = voice_for(tiers, wish.language)
        _require(voice, "voice for the language", wish.language, (each.language for tier in tiers for each in tier))
    if voice is not None and wish.speaker and wish.speaker not in voice.speakers:
        _require(None, f"speaker of {voice.name}", wish.speaker, voice.speakers)
    return voice


def _require(found: Voice | None, what: str, name: str, known: Iterable[str]) -> None:
    if found is None:
        raise UnknownModelError(f"There is no {what} {name[:80]!r}.", remedy=f"There are: {_some(set(known))}.")


def _some(names: Collection[str], most: int = 12) -> str:
    listed = sorted(names)[:most]
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(listed) or "none") + rest
