"""The commands of the image: `python3 -m addon serve`, `discover` and `health`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from wyoming_servers import processor
from wyoming_servers.__main__ import set_up_logging, speak_utf8
from wyoming_servers.errors import SottoError

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands and return its exit code: 0 done, 1 unhealthy, 2 wrong options or usage."""
    speak_utf8()
    args = _make_parser().parse_args(arguments)
    set_up_logging(logging.INFO)
    try:
        processor.require_baseline()
        code: int = asyncio.run(args.command(args))
    except KeyboardInterrupt:
        return EXIT_OK
    except SottoError as err:
        sys.stderr.write(f"sotto: {err}\n")
        return EXIT_FAILED if args.command is _health else EXIT_USAGE
    if args.command is _serve:
        _start_again_if_told(code)
    return code


def _start_again_if_told(code: int) -> None:
    """Begin anew in the place of this process if its exit code says so: nothing of its models and threads is left."""
    from wyoming_servers.cli.run import EXIT_AGAIN  # noqa: PLC0415 - it was imported to serve

    if code == EXIT_AGAIN:
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - this very program


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python3 -m addon", description="Run Sotto as a Home Assistant app.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the servers with the app's options")
    serve.add_argument(
        "--options", type=Path, help="the options that the Supervisor wrote (default: /data/options.json)"
    )
    serve.set_defaults(command=_serve)
    discover = commands.add_parser("discover", help="tell Home Assistant of a running app, and end")
    discover.set_defaults(command=_discover)
    health = commands.add_parser("health", help="end with 0 if the servers answer")
    health.set_defaults(command=_health)
    return parser


async def _serve(args: argparse.Namespace) -> int:
    from .serving import OPTIONS_PATH, serve  # noqa: PLC0415 - the other two start often, and need none of it

    return await serve(args.options or OPTIONS_PATH, os.environ)


async def _discover(_args: argparse.Namespace) -> int:
    from .discovery import discover  # noqa: PLC0415
    from .environment import settings_in  # noqa: PLC0415

    await _until_stopped(discover(settings_in(os.environ), os.environ))
    return EXIT_OK


async def _health(_args: argparse.Namespace) -> int:
    from .environment import settings_in  # noqa: PLC0415
    from .health import check  # noqa: PLC0415

    await check(settings_in(os.environ))
    return EXIT_OK


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Do this until it is done or SIGTERM comes, which is no failure."""
    task = asyncio.create_task(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    sys.exit(main())
