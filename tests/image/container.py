"""A container of an image: its own mounts, processes and network, which is loopback alone; `/data` is the test's."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from . import s6_tree
from .layers import Image

OVERLAY = Path(__file__).with_name("overlay")
DATA = "/data"
LOOPBACK = "127.0.0.1"
ADDRESS = "192.0.2.7"
"""Of the container, and of nobody else: set aside for documentation."""

_ASK = """
import json, socket, sys, time
host, port, within_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
asked = sys.argv[4].encode().decode("unicode_escape").encode()
end = time.monotonic() + within_s
while True:
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(asked)
            answer = connection.recv(65536)
            if answer:
                print(json.dumps([time.monotonic(), answer.decode(errors="replace")]))
                break
    except OSError:
        pass
    if time.monotonic() > end:
        sys.exit(f"port {port} does not answer")
    time.sleep(0.02)
"""


@dataclass(frozen=True)
class Process:
    """A process of the container as the machine sees it."""

    pid: int
    user_id: int
    groups: frozenset[int]
    command: str


@dataclass
class Container:
    """One that runs."""

    image: Image
    outer: subprocess.Popen[bytes]
    log: Path

    @property
    def first(self) -> int:
        """Its first process, by the number that the machine gives it."""
        children = Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children")
        while not (numbers := children.read_text().split()):
            assert self.outer.poll() is None, self.log.read_text()
            time.sleep(0.01)
        return int(numbers[0])

    def run(self, *command: str, within_s: float = 30) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as Docker's HEALTHCHECK and `docker exec` do."""
        variables = [f"{name}={value}" for name, value in self.image.environment.items()]
        return subprocess.run(
            ["nsenter", "--target", str(self.first), "--mount", "--net", "--pid", "--root", "--wd=/",
             "env", "-i", *variables, *command],
            capture_output=True, text=True, timeout=within_s, check=False,
        )  # fmt: skip

    def ask(self, port: int, words: str, within_s: float = 30, host: str = LOOPBACK) -> tuple[float, str]:
        """Return when a port first answers, and what. `host` is also where the question comes from."""
        done = subprocess.run(
            ["nsenter", "--target", str(self.first), "--net",
             sys.executable, "-c", _ASK, host, str(port), str(within_s), words],
            capture_output=True, text=True, timeout=within_s + 10, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stderr}\n{self.log.read_text()[-4000:]}"
        when, answer = json.loads(done.stdout)
        return when, answer

    def describe(self, within_s: float = 30) -> tuple[float, str]:
        """Return when `describe` is first answered, and the first line of the answer."""
        when, answer = self.ask(10600, r'{"type": "describe"}\n', within_s)
        return when, answer.partition("\n")[0]

    def healthz(self) -> str:
        """Return the answer to `GET /healthz`."""
        return self.ask(10601, r"GET /healthz HTTP/1.0\r\n\r\n")[1]

    @property
    def processes(self) -> list[Process]:
        """All of it, the first one too."""
        space = _space_of(self.first)
        return [process for process in _processes() if _space_of(process.pid) == space]

    def server(self) -> Process:
        """The process of the servers."""
        (found,) = (process for process in self.processes if process.command.endswith("addon serve"))
        return found

    def stop(self, within_s: float = 10) -> tuple[int, float]:
        """Stop it as Docker does; return its exit code and the seconds that it took."""
        began = time.monotonic()
        os.kill(self.first, signal.SIGTERM)
        return self.outer.wait(within_s), time.monotonic() - began


@contextmanager
def running(
    image: Image, work: Path, more: Mapping[str, str] | None = None, options: Mapping[str, object] | None = None
) -> Iterator[Container]:
    """Start the image's services; what is left of them is killed in the end.

    `options` are put where the Supervisor does, for root alone to read.
    """
    for name in ("upper", "work", "merged", "data"):
        (work / name).mkdir()
    if options is not None:
        written = work / "data" / "options.json"
        written.touch(mode=0o600)
        written.write_text(json.dumps(options))
    order = work / "order"
    order.write_text("".join(f"{service.type} {service.name}\n" for service in s6_tree.read()))
    environment = work / "environment"
    environment.mkdir()
    image = replace(image, environment={**image.environment, **(more or {})})
    for name, value in image.environment.items():
        (environment / name).write_text(value)
    log = work / "log"
    with log.open("wb") as output:
        outer = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--net", "--uts", "--fork", "--kill-child", "--propagation", "private",
             "bash", "-c", _start(image, work)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield Container(image, outer, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            outer.kill()
        outer.wait()


def _start(image: Image, work: Path) -> str:
    variables = " ".join(shlex.quote(f"{name}={value}") for name, value in image.environment.items())
    return f"""
        set -euo pipefail
        ip link set lo up
        ip address add {ADDRESS}/32 dev lo
        hostname {socket.gethostname()}
        cd {work}
        mount -t overlay overlay -o lowerdir={image.lower},upperdir=upper,workdir=work merged
        mount -t proc proc merged/proc
        mount --bind /dev merged/dev
        mount -t tmpfs tmpfs merged/run
        mount --bind data merged{DATA}
        mkdir -p merged/run/s6
        cp -r environment merged/run/s6/container_environment
        cp order merged/run/order
        cp {OVERLAY}/init merged/init
        cp {OVERLAY}/with-contenv merged/command/with-contenv
        exec chroot merged env -i {variables} /init
    """


def _processes() -> Iterator[Process]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            command = (folder / "cmdline").read_text().replace("\0", " ").strip()
            groups = frozenset(int(number) for number in status["Groups"].split())
            yield Process(int(folder.name), int(status["Uid"].split()[1]), groups, command)


def _space_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    return ""
