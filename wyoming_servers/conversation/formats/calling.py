"""When a model may call, and which tools: the part of a grammar that all families share. Pure logic."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...errors import BadRequestError
from ..engine import ChatRequest, Tool, ToolChoice
from .format import Grammar, Parser
from .gbnf import Rules, UnsatisfiableError, choice, joined, literal
from .notation import Json, Notation
from .parsing import SpeechParser
from .schema import Limits, SchemaGrammar
from .speech import speech
from .turns import TurnFormat

MAX_CALLS = 8
"""Calls in one answer."""
REMEMBERED = 8
"""Grammars that are kept: one of a large home takes 50 ms to make, and is wanted again in every turn."""
_Wanted = tuple[Any, ...]
ANSWER = Limits(characters=2_000, items=64, ordered=True)
"""Of an answer that has to satisfy a schema: OpenAI's clients expect its order."""


class CallingFormat(TurnFormat):
    """A format with calls."""

    mark: ClassVar[str]
    """With which a call begins."""
    silent: ClassVar[tuple[str, ...]] = ()
    """Marks that have no place in a reply; they are neither written nor spoken."""
    unwritten: ClassVar[tuple[str, ...]] = ()
    """Marks that are not written either, but spoken where they are."""
    thinking: ClassVar[Mapping[str, str]] = {"<think>": "</think>"}
    """The mark that ends thinking, by the one that begins it."""

    def __init__(self, *, thinks: bool = False) -> None:
        """Create the format of a model; one that thinks is kept from it."""
        self.thinks = thinks
        self._grammars: deque[tuple[_Wanted, Grammar]] = deque(maxlen=REMEMBERED)

    @abstractmethod
    def _calls(self, rules: Rules, tools: Mapping[str, str]) -> str:
        """Return the expression of what follows the first mark: a call, and more of them.

        The tools' arguments are expressions, by name.
        """

    @abstractmethod
    def _call_parser(self, request: ChatRequest) -> Parser:
        """Return a parser of a reply in which there may be calls."""

    def parser(self, request: ChatRequest) -> Parser:
        """Return a parser for one answer to the request."""
        if request.schema is not None or not request.tools:
            return SpeechParser(thinking=self.thinking, silent=self._silent)
        return self._call_parser(request)

    @property
    def _silent(self) -> tuple[str, ...]:
        return (*self.silent, *self.thinking.values())

    @property
    def _unwritten(self) -> tuple[str, ...]:
        return (*self._silent, *self.unwritten, *self.thinking)

    def grammar(self, request: ChatRequest) -> Grammar | None:
        """Return what the model may write; None: anything.

        Raises BadRequestError where a call is required and there is nothing to call, and for a schema that nothing
        satisfies.
        """
        free = request.choice is not ToolChoice.REQUIRED and request.schema is None and not request.tools
        if free and not self.thinks:
            return None
        wanted = (request.tools, request.callable, request.constraints, request.choice, request.schema)
        found = next((grammar for known, grammar in self._grammars if known == wanted), None)
        if found is None:
            rules = Rules()
            found = Grammar(rules.text(self._root(rules, request)))
            self._grammars.appendleft((wanted, found))
        return found

    def _root(self, rules: Rules, request: ChatRequest) -> str:
        if request.schema is not None:
            return _answer(rules, request.schema)
        tools = callable_tools(request)
        arguments = self._arguments(rules, tools, request) if request.choice is not ToolChoice.NONE else {}
        calls = self._calls(rules, arguments) if arguments else ""
        if request.choice is not ToolChoice.REQUIRED:
            return self._speech(rules, calls)
        if not calls:
            raise BadRequestError("A call is required, and there is no tool that could be called.")
        return joined(literal(self.mark), calls)

    def _speech(self, rules: Rules, calls: str) -> str:
        marks = dict.fromkeys(self._unwritten, "") | {self.mark: calls}
        return speech(rules, marks)

    def _arguments(self, rules: Rules, tools: Sequence[Tool], request: ChatRequest) -> dict[str, str]:
        found = {}
        for tool in tools:
            parameters = request.constraints.get(tool.name, tool.parameters)
            try:
                found[tool.name] = self._tool(rules, parameters)
            except UnsatisfiableError:
                continue
        return found

    def _tool(self, rules: Rules, parameters: Mapping[str, object]) -> str:
        return SchemaGrammar(rules, self._notation, parameters).arguments(parameters)

    @property
    def _notation(self) -> Notation:
        return Json()


def callable_tools(request: ChatRequest) -> tuple[Tool, ...]:
    """Return the tools that may be called in an answer."""
    return tuple(tool for tool in request.tools if request.callable is None or tool.name in request.callable)


def object_call(rules: Rules, tools: Mapping[str, str], arguments: str = "arguments") -> str:
    """Return the expression of an object with name and arguments, without its braces."""
    names = {f'{Json().constant(name)[1:]}, "{arguments}": ': follow for name, follow in tools.items()}
    return rules.add(joined(literal('"name": "'), choice(rules, names)))


def repeated(call: str, again: str, rules: Rules) -> str:
    """Return the expression of a call and of further ones, each after what comes between two."""
    call = rules.add(call)
    return f"{call} ({joined(again, call)}){{0,{MAX_CALLS - 1}}}"


def _answer(rules: Rules, schema: Mapping[str, object]) -> str:
    try:
        return SchemaGrammar(rules, Json(), schema, ANSWER).expression(schema)
    except UnsatisfiableError:
        raise BadRequestError("Nothing satisfies the schema that the answer should have.") from None
