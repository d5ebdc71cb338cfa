"""What s6 does when the servers end: starts them again, or stops the container with their exit code.

s6 runs it with the exit code and the signal: `python3 -m addon.ending CODE SIGNAL`. A killed or crashed process is
started again. A failure that it reports itself, such as wrong options, would only repeat; the container stops, and
whoever started that sees why. https://skarnet.org/software/s6/servicedir.html
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NamedTuple

KILLED = 256
"""What s6 says in place of an exit code when a signal ended the process."""
EXIT_CODE = Path("/run/s6-linux-init-container-results/exitcode")
HALT = "/run/s6/basedir/bin/halt"


class Ending(NamedTuple):
    """What is to be done."""

    halt: bool
    exit_code: int = 0
    """The container's."""


def decide(code: int, signum: int) -> Ending:
    """Return what follows when the process ended so."""
    if code == KILLED:
        return Ending(halt=signum == signal.SIGTERM, exit_code=128 + signum)
    return Ending(halt=code != 0, exit_code=code)


def write_down(exit_code: int, path: Path) -> None:
    """Make this the container's exit code, unless another service's failure is there already."""
    written = path.read_text().strip() if path.exists() else ""
    if written in {"", "0"}:
        path.write_text(f"{exit_code}\n")


def main() -> None:
    """Carry out what follows; does not return when the container stops."""
    ending = decide(int(sys.argv[1]), int(sys.argv[2]))
    if ending.halt:
        write_down(ending.exit_code, EXIT_CODE)
        os.execv(HALT, [HALT])  # noqa: S606 - s6-overlay's own


if __name__ == "__main__":
    main()
