"""`sotto documents calibrate` and `example`: when documents answer, in a running server."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import RemoteError
from .bar import Bar

if TYPE_CHECKING:  # it needs the package aiohttp
    from .door import Door

_CALIBRATE = "/api/documents/calibrate"
_EXAMPLES = "/api/documents/examples"
_ROWS = 12
"""Of the curve's table, without the chosen threshold."""


async def calibrate(door: Door, args: argparse.Namespace) -> int:
    """Calibrate now, and print the report."""
    answer: dict[str, Any] = {}
    with Bar("the gate") as bar:
        asked = {} if args.precision is None else {"precision": args.precision}
        async for event, answer in door.post_followed(_CALIBRATE, asked):
            if event == "progress":
                bar.show(answer["step"], answer["done"], answer["total"])
    if "report" not in answer:
        raise RemoteError("The server broke off.", remedy="Do it again; its log may say why.")
    for line in report_lines(answer["report"]):
        print(line)
    return 0


def report_lines(report: dict[str, Any]) -> Iterator[str]:
    """Yield what a report says, then its curve as a table."""
    counts = report["counts"]
    by = f"by words and by {report['embedder']}" if report["embedder"] else "by words alone"
    own = counts["own_answered"] + counts["own_unanswered"]
    yield f"Calibrated on {counts['passages']} passages, searched {by}, with"
    yield f"  {counts['answered']} questions and {counts['near_misses']} near misses made of them,"
    yield f"  {counts['starter']} sentences of any home, and {own} of your own."
    chosen = report["chosen"]
    if chosen is None:
        yield "Documents answer nothing: no threshold has an answer that is right."
        return
    yield (
        f"Documents answer from a probability of {report['threshold']:.3f} on: precision {chosen['precision']:.3f}, "
        f"recall {chosen['recall']:.3f}."
    )
    reached = "reached" if report["reached"] else "not reached for certain"
    yield f"The aim of {report['aim']:g} is {reached}: the precision is at least {chosen['at_least']:.3f}."
    yield ""
    yield "threshold  precision  at least  recall  answered"
    for point in _rows(report):
        mark = "  <- chosen" if point == chosen else ""
        yield (
            f"{point['threshold']:>9.3f}{point['precision']:>11.3f}{point['at_least']:>10.3f}{point['recall']:>8.3f}"
            f"{point['coverage']:>10.3f}{mark}"
        )


def _rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return some points of the curve, evenly, and the chosen one, the highest threshold first."""
    curve: list[dict[str, Any]] = report["curve"]
    most = min(len(curve), _ROWS)
    rows = [curve[round(at * (len(curve) - 1) / max(most - 1, 1))] for at in range(most)]
    if report["chosen"] not in rows:
        rows.append(report["chosen"])
    return sorted(rows, key=lambda point: -float(point["threshold"]))


async def example(door: Door, args: argparse.Namespace) -> int:
    """Do what the third word of the command says."""
    return await _COMMANDS[args.example_command](door, args)


async def _add(door: Door, args: argparse.Namespace) -> int:
    body = {"text": " ".join(args.sentence), "should_answer": not args.keep_quiet}
    print(_line("added", (await door.post(_EXAMPLES, body))["example"]))
    return 0


async def _list(door: Door, _: argparse.Namespace) -> int:
    examples = (await door.get(_EXAMPLES))["examples"]
    for each in examples:
        print(_line("", each).lstrip())
    if not examples:
        print("There are none. Add one with: sotto documents example add SENTENCE")
    return 0


async def _remove(door: Door, args: argparse.Namespace) -> int:
    print(_line("removed", (await door.delete(_EXAMPLES, text=" ".join(args.sentence)))["removed"]))
    return 0


def _line(done: str, sentence: dict[str, Any]) -> str:
    return f"{done:<10}{'answer' if sentence['should_answer'] else 'keep quiet':<12}{sentence['text']}"


_COMMANDS: dict[str, Callable[[Door, argparse.Namespace], Awaitable[int]]] = {
    "add": _add,
    "list": _list,
    "remove": _remove,
}
