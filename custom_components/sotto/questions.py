"""What is asked before something risky is done, in English and Chinese, and how else one may agree. Pure logic."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
import re
from typing import ClassVar, override

from .risk import Deed, Risk
from .sentences import is_chinese

NAMED = 4
"""So many things are called by name; nobody remembers more when hearing them."""
LONGEST_NAME = 60
"""Characters. Names of tools come from other servers, and may be anything."""
LONGEST_SENTENCE = 200
"""Characters. Of a command its end matters as much as its beginning."""


def question_about(risks: Sequence[Risk], language: str) -> str:
    """Return one question that says what would happen."""
    wording = _wording(language)
    return wording.question.format(_told(risks, wording))


def declined(language: str) -> str:
    """Return what is said after a no."""
    return _wording(language).declined


def echoes_of(risks: Sequence[Risk], language: str) -> frozenset[str]:
    """Return words that agree by repeating what was asked: "open it", "unlock the front door"."""
    wording = _wording(language)
    short = {phrase for risk in risks for phrase in wording.echoes.get(risk.deed, ())}
    return frozenset(short | {_told(risks, wording)})


class _Wording(ABC):
    """How a language says it."""

    question: ClassVar[str]
    declined: ClassVar[str]
    clauses: ClassVar[Mapping[Deed, str]]
    echoes: ClassVar[Mapping[Deed, Iterable[str]]]

    @abstractmethod
    def named(self, deed: Deed, name: str) -> str:
        """Return a thing as it is called when this is done to it."""

    @abstractmethod
    def listed(self, names: Sequence[str], total: int) -> str:
        """Return names as a list; of all that there are."""

    @abstractmethod
    def joined(self, clauses: Sequence[str]) -> str:
        """Return clauses as one."""

    @abstractmethod
    def later(self, clause: str, delay: Mapping[str, int]) -> str:
        """Return a clause as one of something that is done after a while."""


def _told(risks: Sequence[Risk], wording: _Wording) -> str:
    kinds: dict[tuple[Deed, str, tuple[tuple[str, int], ...]], dict[str, None]] = {}
    for risk in risks:
        kind = risk.deed, _plain(risk.of), tuple(risk.delay.items())
        name = _plain(risk.name, LONGEST_SENTENCE if risk.deed is Deed.SAY else LONGEST_NAME)
        kinds.setdefault(kind, {})[wording.named(risk.deed, name)] = None
    told = []
    for (deed, of, delay), names in kinds.items():
        listed = wording.listed(list(names)[:NAMED], len(names))
        clause = wording.clauses[deed].format(listed, wording.named(Deed.OPEN, of))
        told.append(wording.later(clause, dict(delay)) if delay else clause)
    return wording.joined(told)


def _plain(name: str, most: int = LONGEST_NAME) -> str:
    """Return a name that can be said within a sentence: on one line, without its end, and cut where that is seen."""
    plain = re.sub(r"[\s{}\"“”?？!！。;；]+", " ", name).strip()
    return plain if len(plain) <= most else f"{plain[: most - 1].strip()}…"


class _English(_Wording):
    question = "Shall I {}?"
    declined = "All right, I won't."
    clauses: ClassVar[Mapping[Deed, str]] = {
        Deed.UNLOCK: "unlock {0}",
        Deed.OPEN: "open {0}",
        Deed.DISARM: "disarm {0}",
        Deed.OPERATE: "operate {0}",
        Deed.ACTIVATE: "activate {0}",
        Deed.RUN: "run {0}",
        Deed.USE: "use {0}",
        Deed.REMOVE: "remove {0} from {1}",
        Deed.SAY: "carry out {0}",
    }
    echoes: ClassVar[Mapping[Deed, Iterable[str]]] = {
        Deed.UNLOCK: ("unlock it", "open it", "unlock them", "open them"),
        Deed.OPEN: ("open it", "open it up", "open them"),
        Deed.DISARM: ("disarm it", "turn it off"),
        Deed.OPERATE: ("turn it on", "turn it off", "press it", "open it"),
        Deed.ACTIVATE: ("activate it", "turn it on"),
        Deed.RUN: ("run it", "start it"),
        Deed.USE: ("use it",),
        Deed.REMOVE: ("remove it", "delete it", "remove them", "delete them"),
    }

    @override
    def named(self, deed: Deed, name: str) -> str:
        if deed is Deed.SAY:
            return f"“{name}”"
        unchanged = deed in {Deed.ACTIVATE, Deed.RUN, Deed.USE, Deed.REMOVE} or _HAS_ARTICLE.search(name)
        return name if unchanged else f"the {name}"

    @override
    def listed(self, names: Sequence[str], total: int) -> str:
        return self.joined([*names, f"{total - len(names)} more"] if total > len(names) else names)

    @override
    def joined(self, clauses: Sequence[str]) -> str:
        *first, last = clauses
        return f"{', '.join(first)} and {last}" if first else last

    @override
    def later(self, clause: str, delay: Mapping[str, int]) -> str:
        parts = [f"{count} {unit if count != 1 else unit.removesuffix('s')}" for unit, count in delay.items()]
        return f"{clause} in {self.joined(parts)}"


class _Chinese(_Wording):
    question = "要我{}吗？"
    declined = "好的，那就不做了。"
    clauses: ClassVar[Mapping[Deed, str]] = {
        Deed.UNLOCK: "打开{0}",
        Deed.OPEN: "打开{0}",
        Deed.DISARM: "给{0}撤防",
        Deed.OPERATE: "操作{0}",
        Deed.ACTIVATE: "启用{0}",
        Deed.RUN: "运行{0}",
        Deed.USE: "使用{0}",
        Deed.REMOVE: "把{0}从{1}里删掉",
        Deed.SAY: "执行{0}",
    }
    echoes: ClassVar[Mapping[Deed, Iterable[str]]] = {
        Deed.UNLOCK: (
            "打开",
            "打开吧",
            "开",
            "开吧",
            "开锁",
            "开锁吧",
            "解锁",
            "解锁吧",
            "開",
            "打開",
            "打開吧",
            "開吧",
            "開鎖吧",
        ),
        Deed.OPEN: ("打开", "打开吧", "开", "开吧", "開", "打開", "打開吧", "開吧"),
        Deed.DISARM: ("撤防", "撤防吧"),
        Deed.OPERATE: ("打开吧", "关掉吧", "操作吧", "開吧", "打開吧"),
        Deed.ACTIVATE: ("启用", "启用吧", "开启吧", "打开吧"),
        Deed.RUN: ("运行", "运行吧", "启动吧"),
        Deed.USE: ("用吧", "使用吧"),
        Deed.REMOVE: ("删", "删掉", "删吧", "删掉吧", "删除", "删除吧", "刪掉吧", "刪除吧"),
    }

    @override
    def named(self, deed: Deed, name: str) -> str:
        if deed is Deed.UNLOCK:
            return name if name.endswith(("锁", "鎖")) else f"{name}的锁"
        return name if deed in {Deed.OPEN, Deed.DISARM, Deed.OPERATE} else f"“{name}”"

    @override
    def listed(self, names: Sequence[str], total: int) -> str:
        return "、".join(names) + (f"等{total}项" if total > len(names) else "")

    @override
    def joined(self, clauses: Sequence[str]) -> str:
        *first, last = clauses
        return f"{'，'.join(first)}，并{last}" if first else last

    @override
    def later(self, clause: str, delay: Mapping[str, int]) -> str:
        units = {"hours": "小时", "minutes": "分钟", "seconds": "秒"}
        return f"在{''.join(f'{count}{units.get(unit, unit)}' for unit, count in delay.items())}后{clause}"


_HAS_ARTICLE = re.compile(r"^(?:the|my|our|your|a|an)\s|'s\s|s'\s", re.IGNORECASE)
_EN, _ZH = _English(), _Chinese()


def _wording(language: str) -> _Wording:
    return _ZH if is_chinese(language) else _EN
