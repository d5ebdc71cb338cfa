"""What the server may say of errors and of memory, read from its source: sentences, with `{}` where values stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import wyoming_servers

ROOT = Path(wyoming_servers.__file__).parent
PLACE = re.compile(r"\{\w*\}")
TELLERS = frozenset({"give_way", "take_more", "faults", "_faults_of", "obstacles"})
"""What these return stands in the notes of memory, or says why the GPU is not used."""
PARTS = frozenset({"_error", "unknown", "broken", "_broken", "ProcessEndedError", "_NotGgufError"})
"""What these are called with becomes a part of an error."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    """One file of the server's."""

    name: str
    tree: ast.Module
    constants: dict[str, ast.expr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.constants[node.targets[0].id] = node.value

    @cached_property
    def within(self) -> dict[ast.AST, ast.AST]:
        """Return in what each node is."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def function_of(self, node: ast.AST) -> Function | None:
        """Return the function in which something is said."""
        while (node := self.within.get(node, self.tree)) is not self.tree:
            if isinstance(node, Function):
                return node
        return None

    def class_of(self, node: ast.AST) -> str:
        """Return the name of the class in which something is said; empty outside of any."""
        while (node := self.within.get(node, self.tree)) is not self.tree:
            if isinstance(node, ast.ClassDef):
                return node.name
        return ""


class Server:
    """All of its source."""

    def __init__(self) -> None:
        paths = sorted(ROOT.rglob("*.py"))
        names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths}
        self.modules = [Module(names[path], ast.parse(path.read_text())) for path in paths]
        self._shared = {name: value for module in self.modules for name, value in module.constants.items()}

    @cached_property
    def errors(self) -> dict[str, ast.ClassDef]:
        """SottoError and all that are made of it, by name."""
        classes = [node for each in self.modules for node in ast.walk(each.tree) if isinstance(node, ast.ClassDef)]
        found = {node.name: node for node in classes if node.name == "SottoError"}
        while more := [node for node in classes if node.name not in found and _bases(node) & found.keys()]:
            found.update({node.name: node for node in more})
        return found

    @cached_property
    def codes(self) -> set[str]:
        """The codes that errors have."""
        classes = [*self.errors.values(), *(n for m in self.modules for n in ast.walk(m.tree) if _is_of_codes(n))]
        assigned = [node for each in classes for node in each.body if isinstance(node, ast.Assign)]  # type: ignore[attr-defined]
        values = [node.value.value for node in assigned if isinstance(node.value, ast.Constant)]
        return {value for value in values if isinstance(value, str)}

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Yield each with the name of the module that says it."""
        for module in self.modules:
            for node in ast.walk(module.tree):
                for said in self._said(module, node):
                    for sentence in self._read(said, module, module.function_of(node)):
                        if re.search(r"[A-Za-z]{2}", PLACE.sub("", sentence)):
                            yield module.name, sentence

    def strings(self) -> str:
        """Return everything that stands between quotes, and in lists such as the catalogue of models."""
        nodes = (node for each in self.modules for node in ast.walk(each.tree) if isinstance(node, ast.Constant))
        quoted = (node.value for node in nodes if isinstance(node.value, str))
        return "\n".join([*quoted, *(path.read_text() for path in ROOT.rglob("*.yaml"))])

    def _said(self, module: Module, node: ast.AST) -> list[ast.expr]:
        if isinstance(node, ast.Return) and node.value is not None:
            function = module.function_of(node)
            return [node.value] if function is not None and function.name in TELLERS else []
        if not isinstance(node, ast.Call):
            return []
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        is_error = called in self.errors or (called == "cls" and module.class_of(node) in self.errors)
        is_note = called == "note" and ("governor" in ast.unparse(node.func) or module.name == "memory.governor")
        words = [each.value for each in node.keywords if each.arg in {"message", "remedy"}]
        return [*node.args, *words] if is_error or is_note or called in PARTS else []

    def _read(self, node: ast.expr, module: Module, function: Function | None) -> list[str]:
        """Return what an expression may be; what is only known when it runs is a place, or nothing."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=parts):
                return ["".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)]  # type: ignore[misc]
            case ast.Name(id=name):
                known = {**self._shared, **module.constants}
                values = _assigned(name, function) or ([known[name]] if name in known else [])
                return [text for value in values for text in self._read(value, module, None)]
            case _:
                return [text for each in _alternatives(node) for text in self._read(each, module, function)]


def _alternatives(node: ast.expr) -> list[ast.expr]:
    """Return of what an expression is one, or a list."""
    match node:
        case ast.IfExp(body=one, orelse=other):
            return [one, other]
        case ast.BoolOp(values=values) | ast.List(elts=values):
            return values
        case ast.ListComp(elt=each):
            return [each]
        case _:
            return []


def _bases(node: ast.ClassDef) -> set[str]:
    return {base.id for base in node.bases if isinstance(base, ast.Name)}


def _is_of_codes(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == "Unreadable"


def _assigned(name: str, function: Function | None) -> list[ast.expr]:
    nodes = ast.walk(function) if function is not None else ()
    assignments = (node for node in nodes if isinstance(node, ast.Assign))
    return [node.value for node in assignments if any(isinstance(t, ast.Name) and t.id == name for t in node.targets)]
