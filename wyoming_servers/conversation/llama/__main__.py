"""Runs llama.cpp for the server: `python -m wyoming_servers.conversation.llama`, orders on stdin, answers on stdout."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Serve until stdin is closed; returns the exit code."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a native library prints must not get between the answers
    from .lines import Outlet  # noqa: PLC0415 - importing llama.cpp prints, too
    from .service import Service  # noqa: PLC0415

    return Service(sys.stdin.buffer, Outlet(answers)).run()


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # the system frees the model at once; llama.cpp would, and log it to a Python that is gone
