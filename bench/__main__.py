"""Sotto beside wyoming-faster-whisper and wyoming-piper, on the same models, in one run; prints ratios.

The models are stand-ins with the real formats and the real cost: a Whisper "base" that always hears one sentence,
and a Piper "medium" that speaks noise. What is compared is therefore time, not quality.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from tests.stand_in_piper import make_piper
from tests.stand_in_whisper import make_whisper

from .describe import describe_under_load, percentile
from .measure import busy_speaking, describe_s, first_audio_s, transcript_delay_s
from .servers import Servers, start_servers
from .speech import speak_command

SETTLE_S = 0.3
"""Threads that wait busily for more work disturb whoever is measured next."""

_NUMBERS = itertools.count(1)


def _reply(*, long: bool = False) -> str:
    """Return three sentences that were not spoken before: Sotto remembers what it has spoken."""
    number = next(_NUMBERS)
    first = (
        f"Washing machine {number} has finished, and the dryer needs ten more minutes until it is done too."
        if long
        else f"The dryer needs {number} minutes."
    )
    return f"{first} It is raining outside. Shall I close the windows?"


Measure = Callable[[], Awaitable[float]]


async def _rounds(ours: Measure, theirs: Measure, rounds: int) -> tuple[list[float], list[float]]:
    """Measure in turn, each as often first as second, so that a machine that slows down slows both."""
    times: dict[Measure, list[float]] = {ours: [], theirs: []}
    for number in range(rounds):
        for measure in (ours, theirs) if number % 2 else (theirs, ours):
            times[measure].append(await measure())
            await asyncio.sleep(SETTLE_S)
    return times[ours], times[theirs]


def _print(name: str, ours: list[float], theirs: list[float], goal: str) -> None:
    mine, other = statistics.median(ours), statistics.median(theirs)
    spread = f"{min(ours):.3f}-{max(ours):.3f}"
    print(f"{name:<52}{mine:8.3f} s {other:8.3f} s   {mine / other:5.2f}   {goal:<10}{spread}", flush=True)


async def _compare(servers: Servers, speech: bytes, rounds: int) -> None:
    print(f"{'median of ' + str(rounds):<52}{'Sotto':>10} {'theirs':>10}   ratio   {'at most':<10}spread of ours")

    def transcribe(port: int, clients: int, *, stops: bool) -> Measure:
        async def measure() -> float:
            delays = await asyncio.gather(*(transcript_delay_s(port, speech, stops=stops) for _ in range(clients)))
            return statistics.median(delays)

        return measure

    for clients in (1, 4):
        ours, theirs = await _rounds(
            transcribe(servers.sotto, clients, stops=False), transcribe(servers.whisper, clients, stops=True), rounds
        )
        _print(f"end of speech to transcript, {clients} client(s)", ours, theirs, "0.60")
    for long in (True, False):
        ours, theirs = await _rounds(
            partial(_first_audio, servers.sotto, long=long), partial(_first_audio, servers.piper, long=long), rounds
        )
        _print(f"first audio of three sentences, the first {'long' if long else 'short'}", ours, theirs, "1.00")
    _print("describe while synthesising", *await _describe_busy(servers, rounds), "")


async def _first_audio(port: int, *, long: bool) -> float:
    return await first_audio_s(port, _reply(long=long))


async def _describe_busy(servers: Servers, rounds: int) -> tuple[list[float], list[float]]:
    """Measure one server at a time, so that the other's load is not in it."""
    measured = []
    for port in (servers.sotto, servers.piper):
        async with busy_speaking(port, _reply):
            times = []
            for _ in range(4 * rounds):
                times.append(await describe_s(port))
                await asyncio.sleep(0.1)
            measured.append(times)
    return measured[0], measured[1]


async def _main(rounds: int) -> None:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        print("Making the stand-in models", file=sys.stderr)
        whisper = await asyncio.to_thread(make_whisper, "base", folder / "whisper" / "base")
        (folder / "piper").mkdir()
        voice = await asyncio.to_thread(make_piper, "medium", folder / "piper" / "en_US-stand_in-medium.onnx")
        speech = await asyncio.to_thread(speak_command)
        print("Starting the servers", file=sys.stderr)
        servers = await stack.enter_async_context(start_servers(folder, whisper, voice))
        await transcript_delay_s(servers.whisper, speech, stops=True)  # theirs loads its model with the first client
        await first_audio_s(servers.piper, _reply())
        await transcript_delay_s(servers.sotto, speech, stops=False)
        await first_audio_s(servers.sotto, _reply())
        await _compare(servers, speech, rounds)
    await _describe_while_loading()


async def _describe_while_loading() -> None:
    with tempfile.TemporaryDirectory() as folder:
        whisper = await asyncio.to_thread(make_whisper, "base", Path(folder) / "base")
        times = await describe_under_load(whisper)
    shown = ", ".join(f"{name} {percentile(times, at) * 1000:.1f} ms" for name, at in (("median", 50), ("p99", 99)))
    print(f"describe while a model loads for 5 s, 8 clients  {shown} (p99 at most 50 ms; {len(times)} times)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each (default: %(default)s)")
    asyncio.run(_main(parser.parse_args().rounds))
