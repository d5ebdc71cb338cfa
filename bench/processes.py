"""One process with four stages, beside four processes of one stage each: memory, start, and the end of a command.

    script/bench processes [--rounds N]

Both have the same stand-in models, which cost what real ones cost. Memory is PSS: what processes share is counted once.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic

from tests.stand_in_piper import make_piper
from tests.stand_in_whisper import make_whisper

from .measure import describe_s, transcript_delay_s
from .servers import free_port, until_ready
from .speech import COMMAND, speak_command

STAGES = ("wake", "stt", "conversation", "tts")
KB_PER_MB = 1000


@asynccontextmanager
async def running(data: Path, *arguments: str) -> AsyncIterator[tuple[int, asyncio.subprocess.Process, float]]:
    """Start a server with some stages; yield its port, its process, and the seconds until `describe` was answered."""
    port = free_port()
    began = monotonic()
    command = [sys.executable, "-m", "wyoming_servers", "run", *arguments]
    command += ["--uri", f"tcp://127.0.0.1:{port}", "--http-uri", f"tcp://127.0.0.1:{free_port()}", "--web-uri", ""]
    command += ["--zeroconf", "no", "--data-dir", str(data)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        await until_described(port)
        described_s = monotonic() - began
        await until_ready(port, process)
        yield port, process, described_s
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def until_described(port: int) -> None:
    """Return when `describe` is answered for the first time."""
    while True:
        try:
            await describe_s(port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            return


async def warm_delay_s(port: int, speech: bytes) -> float:
    """Return the seconds from the end of a command to its transcript, the model being loaded and used once."""
    await transcript_delay_s(port, speech, stops=False)
    return await transcript_delay_s(port, speech, stops=False)


def pss_mb(pid: int) -> float:
    """Return the memory of a process and all that it started, in MB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return own * 1024 / 1000 / KB_PER_MB + sum(pss_mb(int(child)) for child in children)


async def measure(data: Path, rounds: int) -> None:
    """Print the table."""
    speech = speak_command()
    one_s, four_s, one_mb, four_mb = [], [], [], []
    knowing, alone = [], []
    for _ in range(rounds):
        async with running(data) as (port, process, described_s):
            one_s.append(described_s)
            knowing.append(await warm_delay_s(port, speech))
            one_mb.append(pss_mb(process.pid))
        async with AsyncExitStack() as stack:
            each = {stage: await stack.enter_async_context(running(data, stage)) for stage in STAGES}
            remote = [word for stage, (port, *_) in each.items() for word in (f"--{stage}", f"tcp://127.0.0.1:{port}")]
            front = await stack.enter_async_context(running(data, *remote))
            four_s.append([described for _, _, described in each.values()])
            alone.append(await warm_delay_s(each["stt"][0], speech))
            four_mb.append([pss_mb(process.pid) for _, process, _ in (*each.values(), front)])
    print(f"{rounds} rounds, medians. The command: {COMMAND!r}")
    _row("memory, MB", statistics.median(one_mb), [statistics.median(column) for column in zip(*four_mb, strict=True)])
    _row(
        "start to describe, s",
        statistics.median(one_s),
        [statistics.median(column) for column in zip(*four_s, strict=True)],
    )
    ends = " | ".join(f"{statistics.median(times):.2f} (least {min(times):.2f})" for times in (knowing, alone))
    print(f"  end of speech to transcript, s: {ends}")


def _row(name: str, one: float, each: Sequence[float]) -> None:
    parts = " + ".join(f"{value:.2f}" for value in each)
    print(f"  {name}: {one:.2f} | {parts} = {sum(each):.2f}, {sum(each) / one:.2f} of it, the most {max(each):.2f}")


def main() -> None:
    """Make the models, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        make_whisper("tiny", data / "whisper" / "tiny", COMMAND)
        make_piper("medium", data / "piper" / "en_US-noise-medium.onnx")
        asyncio.run(measure(data, rounds))


if __name__ == "__main__":
    main()
