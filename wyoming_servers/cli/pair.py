"""`sotto pair`: have the running server let in one more client."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from time import monotonic

from ..errors import SettingsError
from ..http.paired import Paired, PairingFiles
from .run import read_settings

EXIT_OK = 0
EXIT_UNREACHABLE = 3
SEEN_WITHIN_S = 3.0
"""By a server that is running: it looks once a second."""
_LOOK_EVERY_S = 0.1


async def pair(args: argparse.Namespace) -> int:
    """Open pairing, see whether a server has noticed, and say what to do next."""
    settings = read_settings(args)
    folder = settings.server.data_dir
    files = PairingFiles(folder)
    before = await asyncio.to_thread(_ask, files, folder)
    minutes = f"{settings.http.pairing_s / 60:g} minutes"
    seen = await _is_seen(files)
    if seen:
        print(f"For {minutes}, the first client of your network that asks gets the token.")
    else:
        print(f"No running server took notice, with the data folder {folder}.")
        print(f"When one starts, the first client of your network that asks within {minutes} gets the token.")
        print("If it is running: it may have another folder (--data-dir), no HTTP door, or --http-pairing-s 0.")
    print("In Home Assistant: Settings, Devices & services, Add integration, Sotto.")
    if before is not None:
        print(f"{before.client} at {before.address}, paired {before.time}, keeps the token that it has.")
        print(f"To shut it out: rm {folder / 'token'}, start the server again, and pair anew what is to stay.")
    return EXIT_OK if seen else EXIT_UNREACHABLE


def _ask(files: PairingFiles, folder: Path) -> Paired | None:
    """Ask the server to open; return who was paired before. Raises SettingsError."""
    try:
        if not (folder / "id").exists():
            raise SettingsError(
                f"No server has kept anything in {folder} yet.",
                remedy="Name its data folder with --data-dir; in a container: docker exec CONTAINER sotto pair.",
            )
        before = files.paired()
        files.ask()
    except OSError as err:
        raise SettingsError(
            f"The data folder {folder} cannot be used: {err.strerror}.", remedy="Be the user that runs Sotto."
        ) from None
    return before


async def _is_seen(files: PairingFiles) -> bool:
    """Wait for a server to take the request, but not for long."""
    until_s = monotonic() + SEEN_WITHIN_S
    while waiting := await asyncio.to_thread(files.is_asked):
        if monotonic() > until_s:
            break
        await asyncio.sleep(_LOOK_EVERY_S)
    return not waiting
