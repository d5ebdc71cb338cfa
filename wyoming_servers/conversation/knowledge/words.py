"""The words by which passages and questions meet in a lexical search. Pure logic.

What is written in different ways becomes the same word: upper case, accents and full width, English endings,
traditional characters, numbers in letters, and codes, which are one word with and without their hyphen or blank. A word
has no blank and no quotation mark in it, and of ASCII only small letters, digits and the decimal point.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import metadata
from itertools import pairwise

from snowballstemmer.english_stemmer import EnglishStemmer

from .chinese import segments, simplified, tables
from .function_words import ASKING, FUNCTION, NUMBERS, ONES, TENS

LONGEST = 40
"""Characters of a word; what is longer is data."""
BESIDE_A_NUMBER = 4
"""Letters that, with a blank, are one word with the number beside them: E 24, 2.4 GHz, WF 1000."""

_HAN = "\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"
"""Thai, Lao, Burmese, Khmer and kana, which are written without blanks too."""
_ATOM = re.compile(
    rf"(?P<number>\d+(?:[.,]\d+)*)|(?P<chinese>[{_HAN}]+)|(?P<unspaced>[{_UNSPACED}]+)"
    rf"|(?P<letters>(?:(?!\d)[^\W_{_HAN}{_UNSPACED}])+)"
)
_JOINED = frozenset({"number", "letters"})
_GLUE = frozenset({"", "-", "\u2010", "\u2011", "\u2013"})
"""What holds a code or a compound together."""
_POSSESSIVE = re.compile(r"['\u2019\u02bc]s\b")
_ACCENTS = re.compile("[\u0300-\u036f]")
_DATE = re.compile(r"\b\d{4}-(0[1-9]|1[0-2])-\d\d\b")
_MONTHS = tuple(
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_ERRORS = frozenset({"error", "errors"})
"""Displays say ERR 8, people say error 8."""
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class _Atom:
    text: str
    kind: str
    before: str
    """What stands between it and the atom before it."""


def version() -> str:
    """Return what the words of a text depend on besides the text."""
    return f"1, {tables()}, snowballstemmer {metadata.version('snowballstemmer')}"


def words_of(text: str) -> list[str]:
    """Return the words of a passage, in their order, each as often as it is there; function words are left out.

    A code is there whole and by its number, a Chinese word whole and by its characters, as they may be asked for: E24
    is `e24` and `24`.
    """
    return [*_words(text, by_parts=True), *_months(text)]


def query_words(question: str) -> list[str]:
    """Return the words of a question that tell what it is about, each once; none of "what does it say about that".

    A code is there whole only: who asks for E24 does not mean F24.
    """
    return [word for word in dict.fromkeys(_words(question, by_parts=False)) if word not in _asking()]


def _words(text: str, *, by_parts: bool) -> Iterator[str]:
    for chain in _chains(_numbered(_atoms(_folded(text)))):
        for word in _of_chain(chain, by_parts=by_parts):
            if len(word) <= LONGEST:
                yield word


def _months(text: str) -> Iterator[str]:
    """Yield the months of dates such as 2027-02-04: who asks when the paper is collected in February says so."""
    yield from (_stem(_MONTHS[int(month) - 1]) for month in _DATE.findall(text))


def _folded(text: str) -> str:
    text = _POSSESSIVE.sub("", unicodedata.normalize("NFKC", text).casefold())
    if text.isascii():
        return text
    return simplified(unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text))))


def _atoms(text: str) -> Iterator[_Atom]:
    end = 0
    for match in _ATOM.finditer(text):
        yield _Atom(match[0], match.lastgroup or "", text[end : match.start()])
        end = match.end()


def _numbered(atoms: Iterable[_Atom]) -> Iterator[_Atom]:
    """Put digits in the place of numbers in letters, and of a decimal comma a point."""
    tens: _Atom | None = None
    for atom in atoms:
        if tens is not None:
            follows = atom.before in {" ", "-"} and atom.text in ONES
            yield _Atom(str(TENS[tens.text] + (ONES[atom.text] if follows else 0)), "number", tens.before)
            tens = None
            if follows:
                continue
        if atom.text in TENS:
            tens = atom
        elif atom.kind == "number":
            yield _Atom(_number(atom.text), "number", atom.before)
        elif atom.text in NUMBERS:
            yield _Atom(str(NUMBERS[atom.text]), "number", atom.before)
        elif atom.text in _ERRORS:
            yield _Atom("err", "letters", atom.before)
        else:
            yield atom
    if tens is not None:
        yield _Atom(str(TENS[tens.text]), "number", tens.before)


def _number(digits: str) -> str:
    return digits.replace(",", "") if _THOUSANDS.fullmatch(digits) else digits.replace(",", ".")


def _chains(atoms: Iterable[_Atom]) -> Iterator[list[_Atom]]:
    """Gather letters and numbers with nothing but a hyphen or a blank between them."""
    chain: list[_Atom] = []
    for atom in atoms:
        if chain and not (atom.kind in _JOINED and chain[-1].kind in _JOINED and (atom.before in _GLUE | {" "})):
            yield chain
            chain = []
        chain.append(atom)
    if chain:
        yield chain


def _of_chain(chain: Sequence[_Atom], *, by_parts: bool) -> Iterator[str]:
    if chain[0].kind not in _JOINED:
        yield from _of_run(chain[0], by_parts=by_parts)
        return
    in_code: set[int] = set()
    for at, (one, two) in enumerate(pairwise(chain)):
        if _is_code(one, two) and not (two.before == " " and at in in_code):
            yield one.text + two.text
            in_code |= {at, at + 1}
    yield from _compounds(chain)
    for at, atom in enumerate(chain):
        if atom.kind == "number" and (by_parts or at == 0 or not _is_model(chain[at - 1], atom)):
            yield atom.text
        elif atom.kind == "letters" and atom.text not in FUNCTION and (len(atom.text) > 1 or at not in in_code):
            yield _stem(atom.text)


def _is_code(one: _Atom, two: _Atom) -> bool:
    """Whether letters and a number beside each other are one word."""
    if one.kind == two.kind:
        return False
    letters = one.text if one.kind == "letters" else two.text
    if two.before in _GLUE:
        return True
    return len(letters) == 1 or (len(letters) <= BESIDE_A_NUMBER and letters not in FUNCTION)


def _is_model(letters: _Atom, number: _Atom) -> bool:
    """Whether a number tells nothing without the letters before it, as in E24 and E 24."""
    return letters.kind == "letters" and (number.before in _GLUE or len(letters.text) == 1)


def _compounds(chain: Sequence[_Atom]) -> Iterator[str]:
    """Yield what is held together by hyphens, or by nothing, as one word; a letter and a number are one already."""
    held: list[_Atom] = []
    for atom in [*chain, None]:
        if atom is not None and held and atom.before in _GLUE:
            held.append(atom)
            continue
        if len(held) > 2 or (len(held) == 2 and not _is_code(*held)):
            joined = "".join(each.text for each in held)
            yield _stem(joined) if joined.isalpha() else joined
        held = [atom] if atom is not None else []


def _of_run(atom: _Atom, *, by_parts: bool) -> Iterator[str]:
    if atom.kind == "chinese":
        words = segments(atom.text)
        if by_parts:
            words = [*(word for word in words if len(word) > 1), *atom.text]
        yield from (word for word in words if word not in FUNCTION)
    elif len(atom.text) == 1:
        yield atom.text
    else:
        yield from (one + two for one, two in pairwise(atom.text))


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    stemmer = EnglishStemmer()  # type: ignore[no-untyped-call] # one for each word: it keeps the word in itself
    stem: str = stemmer.stemWord(word)  # type: ignore[no-untyped-call]
    return stem


@cache
def _asking() -> frozenset[str]:
    return frozenset(_stem(word) if word.isascii() else word for word in ASKING)
