"""`sotto run` on its demo house, with its page behind an Ingress, as processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.web.page.ingress import PREFIX

ROOT = Path(__file__).parents[3]
READY_S = 60.0
STOP_S = 20.0
PEER = "127.0.0.2"
"""From which the Ingress asks, in place of the Supervisor's address."""


class Sotto:
    """A server with its page; started, killed and started again on the same port."""

    def __init__(self, folder: Path, *options: str, token: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._token = token
        self._log = folder / "sotto.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    @property
    def url(self) -> str:
        """The page's address, without Ingress."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    def start(self) -> None:
        """Start it; return when all of its ports take connections: the page's is the first."""
        self._output = self._log.open("ab")
        web = ["--web-uri", f"tcp://127.0.0.1:{self.port}"]
        command = [sys.executable, "-m", "wyoming_servers", "run", "--uri", "tcp://127.0.0.1:0", *web, *self._options]
        self._process = subprocess.Popen(
            command, stdout=self._output, stderr=subprocess.STDOUT, env=self._environment(), cwd=ROOT
        )
        wait_for(self._listens, self.check, "Sotto did not listen")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let it end."""
        self._end(signal.SIGTERM)

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SOTTO_")}
        ours = {"SOTTO_DATA_DIR": str(self.folder / "data"), "SOTTO_ZEROCONF": "no", "SOTTO_HTTP_URI": ""}
        secret = {"SOTTO_HTTP_TOKEN": self._token} if self._token else {}
        return {**kept, **ours, **secret, "PYTHONWARNINGS": "ignore"}

    def check(self) -> None:
        """Fail, with what it said, if it has ended."""
        assert self._process is not None
        assert self._process.poll() is None, f"Sotto ended; its log:\n{self.log}"

    def _listens(self) -> bool:
        return "listens on" in self.log

    def _end(self, signum: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(signum)
        try:
            self._process.wait(STOP_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None
            if self._output is not None:
                self._output.close()


class IngressProcess:
    """The proxy before a server."""

    def __init__(self, upstream_port: int) -> None:
        command = [sys.executable, "-m", "tests.web.page.ingress", f"127.0.0.1:{upstream_port}", PEER]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    @property
    def url(self) -> str:
        """The page's address, as Home Assistant's frontend opens it in its frame."""
        return f"http://127.0.0.1:{self.port}{PREFIX}/"

    def ask(self, path: str, body: bytes | None = None, *, kind: str = "application/json") -> Any:
        """Ask what the page asks: a GET, or a POST with a body."""
        request = Request(self.url + path, data=body, headers={"Content-Type": kind})
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def wait_until_ready(self, sotto: Sotto) -> None:
        """Return when none of its servers loads any more."""

        def is_ready() -> bool:
            servers = self.ask("api/status")["servers"]
            return bool(servers) and all(each["state"] != "loading" for each in servers)

        wait_for(is_ready, sotto.check, "Sotto was not ready")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate(timeout=STOP_S)


def free_port() -> int:
    """Return a port of loopback that nobody has."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(condition: Callable[[], bool], check: Callable[[], None], complaint: str) -> None:
    """Return when a condition holds; it may fail with an OSError until then."""
    deadline = time.monotonic() + READY_S
    while True:
        check()
        try:
            if condition():
                return
        except (OSError, URLError):
            pass
        assert time.monotonic() < deadline, f"{complaint} within {READY_S:g} s"
        time.sleep(0.1)
