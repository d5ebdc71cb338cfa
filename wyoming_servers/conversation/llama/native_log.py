"""What llama.cpp prints: the reason why a model cannot be loaded, and where it really computes."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from llama_cpp import llama_cpp as _bindings

_llama: Any = _bindings


class _Level(IntEnum):
    DEBUG = 1
    INFO = 2
    WARN = 3
    ERROR = 4
    CONTINUATION = 5


_REASON = re.compile(r"error loading model(?: \w+)?: (?P<reason>.+)")
_BUFFER = re.compile(r"(?P<name>\S+) model buffer size = +(?P<mib>[\d.]+) MiB")
_LAYERS = re.compile(r"offloaded (?P<some>\d+)/(?P<all>\d+) layers to GPU")
_DEVICE = re.compile(r"using device (?P<name>\S+) \((?P<description>[^)]*)\)")
_HOST_BUFFERS = ("CPU", "BLAS", "AMX")
_kept: list[Any] = []
"""The function that llama.cpp calls: it keeps only its address."""


class NativeLog:
    """Receives llama.cpp's own log.

    While a model is loaded all of it is passed on. Later only the names of the functions that complain are: what
    follows them may quote the prompt.
    """

    def __init__(self, pass_on: Callable[[str], None]) -> None:
        self._pass_on = pass_on
        self._line = ""
        self._level = 0
        self._reason = ""
        self._last_error = ""
        self._devices: dict[str, str] = {}
        self._device_buffers: list[str] = []
        self._layers = ""
        self.loading = True
        self._callback = _llama.llama_log_callback(self._receive)

    def listen(self) -> None:
        """Receive the log from now on."""
        _kept[:] = [self._callback]
        _llama.llama_log_set(self._callback, None)

    @property
    def reason(self) -> str:
        """Why the model could not be loaded, in llama.cpp's words; "" if it did not say."""
        return self._reason or self._last_error

    def place(self, threads: int, kind_of_cpu: str = "") -> str:
        """Return where the model computes, by where its weights were put rather than by what was asked for."""
        if not self._device_buffers:
            kind = f" ({kind_of_cpu})" if kind_of_cpu else ""
            return f"cpu{kind}, {threads} thread{'s' if threads > 1 else ''}"
        names = ", ".join(self._described(name) for name in self._device_buffers)
        return f"{names}, {self._layers}" if self._layers else names

    def _described(self, buffer: str) -> str:
        description = self._devices.get(buffer, "")
        return f"{buffer} ({description})" if description else buffer

    def _receive(self, level: int, text: bytes, _data: object) -> None:
        if level != _Level.CONTINUATION:
            self._level = level
        self._line += text.decode("utf-8", errors="replace")
        *lines, self._line = self._line.split("\n")
        for line in lines:
            self._take(line.strip())

    def _take(self, line: str) -> None:
        if not line or self._level == _Level.DEBUG:
            return
        if not self.loading:
            if self._level >= _Level.WARN:
                self._pass_on(line.partition(":")[0])
            return
        self._learn(line)
        self._pass_on(line)

    def _learn(self, line: str) -> None:
        if found := _REASON.search(line):
            self._reason = found["reason"]
        elif self._level == _Level.ERROR:
            self._last_error = line
        if found := _DEVICE.search(line):
            self._devices[found["name"]] = found["description"]
        if found := _LAYERS.search(line):
            self._layers = f"{found['some']} of {found['all']} layers"
        if (found := _BUFFER.search(line)) and not found["name"].startswith(_HOST_BUFFERS):
            self._device_buffers.append(found["name"])
