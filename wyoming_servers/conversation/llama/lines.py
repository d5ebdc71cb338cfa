"""The lines between the process of llama.cpp and the server: orders that come in, and what is said to them."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterable
from time import monotonic
from typing import BinaryIO

from ..json_lines import Line, decode, encode
from .native import StopSign

_SIGN_OF_LIFE_S = 0.25


class Outlet:
    """Where the lines for the server go, from any thread. When the server is gone, the process ends."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._last = 0.0

    def send(self, line: Line) -> None:
        """Send a line at once."""
        with self._lock:
            try:
                self._stream.write(encode(line))
                self._stream.flush()
            except OSError:
                os._exit(0)
            self._last = monotonic()

    def live(self) -> None:
        """Say that work goes on, if nothing else was said for a while."""
        if monotonic() - self._last >= _SIGN_OF_LIFE_S:
            self.send({"alive": True})

    def log(self, text: str) -> None:
        """Say something that is only good for finding errors."""
        self.send({"log": text})

    def warn(self, text: str) -> None:
        """Say something that whoever runs the server should know."""
        self.send({"warning": text})


class Inbox:
    """The orders that wait, and those that were called off."""

    def __init__(self, lines: Iterable[bytes], stop_sign: StopSign) -> None:
        self._lines = lines
        self._stop_sign = stop_sign
        self._orders: queue.SimpleQueue[Line] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: int | None = None
        self._called_off: set[int] = set()

    def start(self) -> None:
        """Begin to read. When the server has closed its end, the process ends, whatever it is doing."""
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def _read(self) -> None:
        for data in self._lines:
            line = decode(data)
            if line["op"] == "cancel":
                self._call_off(line["id"])
            else:
                self._orders.put(line)
        os._exit(0)

    def _call_off(self, number: int) -> None:
        with self._lock:
            self._called_off.add(number)
            if self._current == number:
                self._stop_sign.raise_()

    def next(self, within_s: float | None = None) -> Line | None:
        """Wait for an order; None if there is none in time."""
        try:
            return self._orders.get(timeout=within_s)
        except queue.Empty:
            return None

    def begin(self, number: int) -> bool:
        """Note what is worked on; False if it was called off already."""
        with self._lock:
            self._stop_sign.lower()
            self._current = number
            return number not in self._called_off

    def end(self) -> None:
        """Note that it is done; the server does not know yet, and so has sent nothing about the next one."""
        with self._lock:
            self._current = None
            self._called_off.clear()
            self._stop_sign.lower()
