"""How words sound, in the 39 phonemes (ARPABET) of the CMU dictionary; also words that are not in it.

Home names are full of such words. They are tried as a compound of dictionary words (`yeelight`), then letter
by letter if they cannot be spoken (`hvac`), then by the rules of English spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

Pronunciation = str
"""Phonemes with spaces in between, such as `L AY T`."""

_ALTERNATIVE = re.compile(r"\(\d+\)$")
_VOWEL_LETTERS = frozenset("aeiouy")
_MIN_COMPOUND_PART = 3
"""Letters. With 2, `zigbee` could be any of four splits."""
_MAX_LETTERS = 40
"""What is longer is no word; of a word of some hundred sounds PocketSphinx refuses the whole grammar."""
_SPELLED_UP_TO = 2
"""Unknown words of so few letters are read letter by letter, like those without a vowel."""


def _table(text: str) -> dict[str, str]:
    """Read `spelling SOUND SOUND; …`."""
    rows = (row.split() for row in text.split(";"))
    return {spelling: " ".join(sounds) for spelling, *sounds in rows}


_LETTER_NAMES = _table("""
    a EY; b B IY; c S IY; d D IY; e IY; f EH F; g JH IY; h EY CH; i AY; j JH EY; k K EY; l EH L; m EH M; n EH N; o
    OW; p P IY; q K Y UW; r AA R; s EH S; t T IY; u Y UW; v V IY; w D AH B AH L Y UW; x EH K S; y W AY; z Z IY
""")

# `$` is the end of the word, `^` its beginning. The longest spelling that fits goes first.
_SOUNDS = _table("""
    tion$ SH AH N; sion$ ZH AH N; ture$ CH ER; ough AO; augh AO; eigh EY; igh AY; tch CH; dge JH; sch SH; air EH R;
    ear IH R; eer IH R; oor AO R; our AO R; qu K W; ch CH; sh SH; th TH; ph F; ck K; ng$ NG; nk NG K; ^wh W; ^wr R;
    ^kn N; ^ps S; wh W; gh G; ee IY; ea IY; oo UW; ou AW; ow$ OW; ow AW; oi OY; oy OY; ai EY; ay EY; au AO; aw AO;
    ei EY; ey$ IY; ey EY; ie$ IY; ie IY; oa OW; oe$ OW; ue UW; ui UW; eu Y UW; ew Y UW; ar AA R; er ER; ir ER; or AO
    R; ur ER; le$ AH L; ce S EH; ci S IH; cy S IY; ge$ JH; ce$ S; se$ Z; a$ AH; e$; i$ IY; o$ OW; u$ UW; y$ IY; ^y
    Y; es$ Z; ^x Z; bb B; cc K; dd D; ff F; gg G; kk K; ll L; mm M; nn N; pp P; rr R; ss S; tt T; zz Z; a AE; b B; c
    K; d D; e EH; f F; g G; h HH; i IH; j JH; k K; l L; m M; n N; o AA; p P; q K; r R; s S; t T; u AH; v V; w W; x K
    S; y IH; z Z
""")
_RULES = [
    (re.compile(spelling.replace("^", r"\b")), sound)
    for spelling, sound in sorted(_SOUNDS.items(), key=lambda rule: -len(rule[0].strip("^")))
]
_SILENT_E = re.compile(r"([aiou])([^aeiouwxyr])e(?=s?$)")
"""`kite`, `home`: the vowel says its name."""
_LONG = {"a": "EY", "i": "AY", "o": "OW", "u": "UW"}


def parse_dictionary(lines: Iterable[str]) -> dict[str, list[Pronunciation]]:
    """Read the CMU dictionary's format: `word PHONEME PHONEME…`, alternatives as `word(2)`."""
    dictionary: dict[str, list[Pronunciation]] = {}
    for line in lines:
        word, _, phonemes = line.strip().partition(" ")
        if phonemes:
            dictionary.setdefault(_ALTERNATIVE.sub("", word), []).append(phonemes)
    return dictionary


def pronunciations(word: str, dictionary: Mapping[str, list[Pronunciation]]) -> list[Pronunciation]:
    """Return the ways to say a word, the usual one first; none if it is not in Latin letters, or endless."""
    if known := dictionary.get(word):
        return known
    letters = re.sub(r"[^a-z]", "", word)
    if not letters or len(letters) > _MAX_LETTERS:
        return []
    if word.endswith("'s") and (stem := pronunciations(word[:-2], dictionary)):
        return [f"{sounds} {_possessive(sounds)}" for sounds in stem]
    if not _VOWEL_LETTERS & set(letters) or len(letters) <= _SPELLED_UP_TO:
        return [_spelled(letters)]
    return _compound(letters, dictionary) or [_by_rule(letters)]


def _possessive(sounds: Pronunciation) -> Pronunciation:
    last = sounds.rpartition(" ")[2]
    if last in {"S", "Z", "SH", "ZH", "CH", "JH"}:
        return "AH Z"
    return "S" if last in {"P", "T", "K", "F", "TH"} else "Z"


def _spelled(letters: str) -> Pronunciation:
    return " ".join(_LETTER_NAMES[letter] for letter in letters)


def _compound(letters: str, dictionary: Mapping[str, list[Pronunciation]]) -> list[Pronunciation]:
    """Return the pronunciation of the most even split into two dictionary words."""
    middle = len(letters) / 2
    cuts = range(_MIN_COMPOUND_PART, len(letters) - _MIN_COMPOUND_PART + 1)
    for cut in sorted(cuts, key=lambda cut: abs(cut - middle)):
        first, second = dictionary.get(letters[:cut]), dictionary.get(letters[cut:])
        if first and second:
            return [f"{first[0]} {second[0]}"]
    return []


def _by_rule(letters: str) -> Pronunciation:
    # Upper-case vowels stand for their names, so that no other rule touches them.
    rest = _SILENT_E.sub(lambda match: match[1].upper() + match[2], letters)
    sounds: list[str] = []
    position = 0
    while position < len(rest):
        if rest[position].isupper():
            sounds.append(_LONG[rest[position].lower()])
            position += 1
            continue
        match, sound = next((found, sound) for rule, sound in _RULES if (found := rule.match(rest, position)))
        sounds.append(sound)
        position = match.end()
    return " ".join(sound for sound in sounds if sound)
