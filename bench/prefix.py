"""What is left to evaluate when the user stops speaking, and the time to the first token, beside llama-cpp-python.

script/bench prefix     needs .venv-homeassistant, with what `script/bench replay` installs

One home of 100 entities. The other side is llama-cpp-python's own server that is given Home Assistant's prompt and
tools; as it is, and with `--cache true`. Sotto is given the same tools through its HTTP door, with its own prompt, and
speaks through its Wyoming door with its own tools too. Both have the same model and context, and their own defaults.
What Sotto evaluates while the user speaks is told beside, and is in none of its times to the first token.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .assist_prompt import prompts
from .prefix_house import CHINESE_TURNS, TURNS, Turn, home
from .prefix_model import SIZES, Counter, make_model
from .prefix_report import HEADING, THEIR_HEADING, Measured, beside, line, missed, their_line, too_slow
from .prefix_sotto import Client, Sotto, sotto
from .prefix_theirs import theirs

OPTIONS: Mapping[str, Sequence[str]] = {"as it is": (), "--cache true": ("--cache", "true")}


class Comparison:
    """One run of everything."""

    def __init__(self, folder: Path, size: str) -> None:
        self._folder = folder
        self._model = make_model(size, folder / "model.gguf")
        self._counter = Counter(self._model)
        self._told = prompts()

    async def run(self) -> list[str]:
        """Measure both sides; returns what is missed."""
        others = [await self._theirs(name) for name in OPTIONS]
        first = await self._first_start()
        ours = await self._through_http()
        own = await self._through_wyoming("en", TURNS)
        chinese = await self._through_wyoming("zh-CN", CHINESE_TURNS)
        print()
        print(*beside(ours, others, list(OPTIONS)), sep="\n")
        every = [*ours, *own, *chinese]
        return [*missed([first], first=True), *missed(every), *too_slow([first, *every], others)]

    async def _theirs(self, name: str) -> list[Measured]:
        _heading(f"llama-cpp-python's server, {name}; Home Assistant's prompt and tools", THEIR_HEADING)
        measured = []
        async with theirs(self._model, self._folder / "theirs.log", self._told, *OPTIONS[name]) as server:
            for turn in TURNS:
                measured.append(self._with_words(await server.turn(turn), turn))
                print(their_line(measured[-1]), flush=True)
        return measured

    async def _first_start(self) -> Measured:
        """Start with nothing on disk."""
        _heading("Sotto, HTTP door: Assist's tools, Sotto's prompt", HEADING)
        async with self._sotto("en") as server:
            tokens, seconds = server.model.prefills[0]
            measured = await self._say(Client(server, self._told), TURNS[0], "the very first start")
        print(f"    (nothing on disk; {tokens} tokens for the Wyoming door before, in {seconds:.2f} s with loading)")
        return measured

    async def _through_http(self) -> list[Measured]:
        async with self._sotto("en") as server:
            client = Client(server, self._told)
            return [await self._say(client, turn) for turn in TURNS]

    async def _through_wyoming(self, language: str, turns: Sequence[Turn]) -> list[Measured]:
        """Start, so that the prompt is on disk, then again."""
        async with self._sotto(language):
            pass
        _heading(f"Sotto, Wyoming door: its own tools and prompt, {language}", HEADING)
        async with self._sotto(language) as server:
            return [await self._say(server, turn) for turn in turns]

    async def _say(self, to: Client | Sotto, turn: Turn, name: str = "") -> Measured:
        measured = self._with_words(await to.turn(turn), turn)
        measured = replace(measured, name=name or turn.name)
        print(line(measured), flush=True)
        return measured

    def _sotto(self, language: str) -> Any:
        return sotto(self._folder / "data", self._model, home(language), language)

    def _with_words(self, measured: Measured, turn: Turn) -> Measured:
        return replace(measured, words_tokens=self._counter.tokens(turn.words))


def _heading(title: str, columns: str) -> None:
    print(f"\n{title} (load {_load()})\n{columns}", flush=True)


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores"


def main() -> int:
    """Print the figures; returns 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="0.5b", help="of the stand-in model (default: %(default)s)")
    size = parser.parse_args().size
    print("Making the model, and asking Home Assistant for its prompt", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(Path(folder), size)
        problems = asyncio.run(comparison.run())
    print(f"\n{'Every goal is reached.' if not problems else 'Missed:'} (load {_load()})")
    print(*problems, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
