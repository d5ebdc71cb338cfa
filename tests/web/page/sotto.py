"""`sotto run` on its demo house, with its page behind an Ingress, as processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.program import ROOT, STOP_S, Program, free_port, sotto_command, sotto_environment
from tests.web.page.ingress import PREFIX

PEER = "127.0.0.2"
"""From which the Ingress asks, in place of the Supervisor's address."""


class Sotto(Program):
    """A server with its page; started, killed and started again on the same port."""

    def __init__(self, folder: Path, *options: str, token: str = "") -> None:
        super().__init__(folder / "sotto.log")
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._token = token

    @property
    def url(self) -> str:
        """The page's address, without Ingress."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start it; return when all of its ports take connections: the page's is the first."""
        web = ("--web-uri", f"tcp://127.0.0.1:{self.port}")
        secret = {"SOTTO_HTTP_TOKEN": self._token} if self._token else {}
        self.launch(
            sotto_command("run", "--uri", "tcp://127.0.0.1:0", *web, *self._options),
            sotto_environment(self.folder / "data", SOTTO_ZEROCONF="no", SOTTO_HTTP_URI="", **secret),
        )
        self.wait_until(lambda: "listens on" in self.log_since_start)


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

    def wait_until_ready(self, server: Sotto) -> None:
        """Return when none of its servers loads any more."""

        def is_ready() -> bool:
            servers = self.ask("api/status")["servers"]
            return bool(servers) and all(each["state"] != "loading" for each in servers)

        server.wait_until(is_ready)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate(timeout=STOP_S)
