"""The process's work: orders come in on one thread, and are carried out on another, one after the other."""

from __future__ import annotations

import os
import queue
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from ...errors import EngineError, SottoError
from ..engine import ModelEvent
from ..formats.detection import detect
from .answer import Answerer
from .gguf_file import read_gguf
from .memory import available_bytes, require
from .native import AbortedError, LoadOptions, NativeModel, StopSign, gpu_memory
from .native_log import NativeLog
from .prefixes import PrefixStore
from .sequence import EvaluatedSequence
from .wire import Line, LoadOrder, decode, encode, error_to_json, event_to_json, request_from_json

_SIGN_OF_LIFE_S = 0.25
_QUIET_S = 0.5
"""Time without an order after which what is worth keeping is written to disk."""


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


def load(order: LoadOrder, outlet: Outlet, stop_sign: StopSign) -> tuple[NativeModel, str]:
    """Load a model; returns it with its name. Raises EngineUnavailableError with the reason."""
    path = Path(order.path)
    file = read_gguf(path)
    require(file.size, file.cache_bytes(order.context), _available(order))
    log = NativeLog(outlet.log)
    model = NativeModel(LoadOptions(path, order.context, order.gpu_layers, order.threads), log, stop_sign)
    model.warm_up()
    log.loading = False
    return model, file.name


def _available(order: LoadOrder) -> int | None:
    here = available_bytes() if order.available_bytes is None else order.available_bytes
    return here if here is None or order.gpu_layers == 0 else here + gpu_memory()


class Service:
    """Carries out orders until it is told to stop."""

    def __init__(self, lines: Iterable[bytes], outlet: Outlet) -> None:
        self._outlet = outlet
        self._stop_sign = StopSign()
        self._inbox = Inbox(lines, self._stop_sign)

    def run(self) -> int:
        """Load the model and serve; returns the process's exit code."""
        self._inbox.start()
        order = LoadOrder.from_line(self._inbox.next() or {})
        try:
            model, name = load(order, self._outlet, self._stop_sign)
            format_ = detect(model.chat_template or "", model.special_tokens)
        except SottoError as err:
            self._outlet.send({"failed": error_to_json(err)})
            return 0
        identity = f"{_identity(Path(order.path))};{model.description}"
        store = PrefixStore(Path(order.prefix_folder), order.prefixes, identity, self._outlet.warn)
        sequence = EvaluatedSequence(model, store, self._outlet.live)
        self._outlet.send(
            {"ready": {"model": name, "detail": model.place, "context": model.context, "format": format_.name}}
        )
        self._serve(Answerer(model, format_, sequence), sequence)
        return 0

    def _serve(self, answerer: Answerer, sequence: EvaluatedSequence) -> None:
        while (order := self._inbox.next(_QUIET_S if sequence.unsaved else None)) != {"op": "stop"}:
            if order is None:
                sequence.save()
                continue
            number = order["id"]
            last = self._carry_out(order, answerer) if self._inbox.begin(number) else {"end": 0}
            self._inbox.end()
            self._outlet.send({"id": number, **last})
        if sequence.unsaved:
            sequence.save()
        sequence.close()

    def _carry_out(self, order: Line, answerer: Answerer) -> Line:
        """Carry out an order; returns the last line about it."""
        number = order["id"]

        def emit(event: ModelEvent) -> None:
            self._outlet.send({"id": number, **event_to_json(event)})

        try:
            request = request_from_json(order["request"])
            if order["op"] == "prefill":
                return {"end": answerer.prefill(request)}
            answerer.answer(request, emit)
        except AbortedError:
            return {"end": 0}
        except SottoError as err:
            return {"error": error_to_json(err)}
        except Exception as err:  # noqa: BLE001 - a request must not end the process
            traceback.print_exc()
            return {"error": error_to_json(EngineError(f"The language model failed: {type(err).__name__}."))}
        return {"end": 0}


def _identity(path: Path) -> str:
    status = path.stat()
    return f"{path.name};{status.st_size};{status.st_mtime_ns}"
