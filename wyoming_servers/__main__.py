"""The command `sotto`."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import io
import logging
import os
import sys

from . import processor
from .cli.arguments import make_parser
from .errors import RemoteError, SottoError

EXIT_USAGE = 2
EXIT_UNREACHABLE = 3
EXIT_FAILED = 4
EXIT_INTERRUPTED = 130
EXIT_OUTPUT_CLOSED = 141

_COMMANDS = {
    "run": "run:run",
    "say": "speak:say",
    "ask": "speak:ask",
    "listen": "speak:listen",
    "wake": "speak:wake",
    "documents": "documents:documents",
    "models": "models:models",
    "pair": "pair:pair",
    "doctor": "doctor:doctor",
}
"""Where each command is; imported when it is called, so that --help and the clients start fast."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    speak_utf8()
    args = make_parser().parse_args(arguments)
    set_up_logging(logging.DEBUG if args.verbose else logging.INFO)
    try:
        processor.require_baseline()
        return asyncio.run(_dispatch(args))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would fail again at its end
        return EXIT_OUTPUT_CLOSED
    except SottoError as err:
        sys.stderr.write(f"sotto: {err}\n")
        return _exit_code(err)


def speak_utf8() -> None:
    """Print every script also where the locale knows ASCII alone, as in many containers and services."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


async def _dispatch(args: argparse.Namespace) -> int:
    module, _, function = _COMMANDS[args.command].partition(":")
    command = getattr(importlib.import_module(f"{__package__}.cli.{module}"), function)
    code: int = await command(args)
    return code


def _exit_code(error: SottoError) -> int:
    if isinstance(error, RemoteError):
        return EXIT_UNREACHABLE if error.code == "unreachable" else EXIT_FAILED
    return EXIT_USAGE


def set_up_logging(level: int) -> None:
    """Log what is at least of this level to standard error."""
    logging.basicConfig(
        level=level,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
    )
    for library in ("asyncio", "faiss", "faster_whisper", "httpx", "httpx2", "zeroconf"):
        logging.getLogger(library).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
