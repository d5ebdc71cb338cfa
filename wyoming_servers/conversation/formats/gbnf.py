"""The pieces that grammars for llama.cpp are put together from. Pure logic.

An expression is GBNF text. What is an alternative is a trie, not a list: llama.cpp follows every alternative that is
still possible at once, and tries each token against each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

_ESCAPES = str.maketrans(
    {chr(code): f"\\x{code:02x}" for code in range(32)}
    | {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
)
_LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)


class UnsatisfiableError(Exception):
    """There is nothing that could be written."""


class Rules:
    """The rules of a grammar; equal ones are one."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._bodies: dict[str, str] = {}
        self._lists: dict[tuple[str, ...], str] = {}

    def add(self, body: str) -> str:
        """Return the name of a rule with this body."""
        name = self._names.get(body)
        if name is None:
            name = self._names[body] = f"r{len(self._bodies)}"
            self._bodies[name] = body
        return name

    def one_of(self, texts: Iterable[str]) -> str:
        """Return the name of the rule of one of these texts."""
        key = tuple(texts)
        if key not in self._lists:
            self._lists[key] = self.add(choice(self, dict.fromkeys(key, "")))
        return self._lists[key]

    def reserve(self) -> str:
        """Return the name of a rule that is defined later, because it leads back to itself."""
        name = f"r{len(self._bodies)}"
        self._bodies[name] = ""
        return name

    def define(self, name: str, body: str) -> None:
        """Give a reserved rule its body."""
        self._bodies[name] = body

    def text(self, root: str) -> str:
        """Return the grammar that begins with this expression."""
        lines = [f"root ::= {root}", *(f"{name} ::= {body}" for name, body in self._bodies.items())]
        return "\n".join(lines) + "\n"


def literal(text: str) -> str:
    """Return the expression of exactly this text."""
    return f'"{text.translate(_ESCAPES)}"' if text else ""


def joined(*expressions: str) -> str:
    """Return the expressions one after the other."""
    return " ".join(expression for expression in expressions if expression)


def either(expressions: Iterable[str]) -> str:
    """Return an expression of which one alternative is taken. Raises UnsatisfiableError if there is none."""
    distinct = list(dict.fromkeys(expressions))
    if not distinct:
        raise UnsatisfiableError
    return distinct[0] if len(distinct) == 1 else f"({' | '.join(distinct)})"


def choice(rules: Rules, texts: Mapping[str, str]) -> str:
    """Return the expression of one of these texts, each followed by its own expression ("" for nothing)."""
    ends = [texts[""]] if "" in texts else []
    rest = sorted((text, follow) for text, follow in texts.items() if text)
    branches = [_branch(rules, list(group)) for _, group in groupby(rest, key=lambda each: each[0][0])]
    if not branches:
        return texts[""]
    followed = [end for end in ends if end]
    whole = either([*branches, *followed])
    return whole if len(followed) == len(ends) else f"({whole})?"


def _branch(rules: Rules, texts: list[tuple[str, str]]) -> str:
    prefix = common_beginning(texts[0][0], texts[-1][0])  # they are sorted
    follow = choice(rules, {text[len(prefix) :]: follow for text, follow in texts})
    short = not follow or follow.isidentifier() or len(texts) == 1
    return joined(literal(prefix), follow if short else rules.add(follow))


def common_beginning(one: str, other: str) -> str:
    """Return the longest text that both begin with."""
    length = next((index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    return min(one, other, key=len) if length is None else one[:length]


def others(chars: str) -> str:
    """Return the class of all characters but these, and but halves of surrogate pairs.

    Positive ranges: of a negative class llama.cpp refuses the first byte of every character whose neighbours are left
    out.
    """
    ranges = "".join(
        _escaped(low) + (f"-{_escaped(high)}" if high > low else "") for low, high in _gaps(sorted(map(ord, chars)))
    )
    return f"[{ranges}]"


def some(chars: str) -> str:
    """Return the class of these characters."""
    return f"[{''.join(_escaped(ord(char)) for char in chars)}]"


def _gaps(excluded: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the ranges between the excluded code points, without NUL, which no token has."""
    begin = 1
    for low, high in sorted([*((each, each) for each in excluded), _SURROGATES]):
        if low > begin:
            yield begin, low - 1
        begin = max(begin, high + 1)
    yield begin, _LAST


def _escaped(code: int) -> str:
    if code < 0x80 and chr(code).isalnum():
        return chr(code)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
