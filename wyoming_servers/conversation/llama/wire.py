"""What is said between the server and the process of llama.cpp, in lines of JSON. Pure logic."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from ...errors import EngineError, SottoError
from ..engine import (
    BrokenCall,
    ChatRequest,
    Finished,
    FinishReason,
    Message,
    ModelEvent,
    Role,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
)
from ..json_lines import Line

LOAD = "load"
LOAD_EMBEDDER = "load_embedder"


@dataclass(frozen=True)
class LoadOrder:
    """The first line that the process of a language model gets."""

    path: str
    context: int
    gpu_layers: int
    threads: int
    prefixes: int
    prefix_folder: str
    available_bytes: int | None = None
    """Memory that counts as available; None: what the machine says."""

    def to_line(self) -> Line:
        """Write it."""
        return {"op": LOAD, **asdict(self)}

    @classmethod
    def from_line(cls, line: Line) -> LoadOrder:
        """Read it."""
        return cls(**{key: value for key, value in line.items() if key != "op"})


@dataclass(frozen=True)
class EmbedderOrder:
    """The first line that the process of an embedder or a reranker gets."""

    path: str
    gpu_layers: int
    threads: int
    flag: str
    """Where people choose another."""
    ranks: bool = False
    """Whether it is a reranker."""
    available_bytes: int | None = None

    def to_line(self) -> Line:
        """Write it."""
        return {"op": LOAD_EMBEDDER, **asdict(self)}

    @classmethod
    def from_line(cls, line: Line) -> EmbedderOrder:
        """Read it."""
        return cls(**{key: value for key, value in line.items() if key != "op"})


def request_to_json(request: ChatRequest) -> Line:
    """Write a request."""
    plain = {each.name: getattr(request, each.name) for each in fields(request)}
    return {
        **plain,
        "messages": [_message_to_json(message) for message in request.messages],
        "tools": [
            {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
            for tool in request.tools
        ],
        "callable": None if request.callable is None else sorted(request.callable),
    }


def request_from_json(line: Line) -> ChatRequest:
    """Read a request."""
    converted = {
        "messages": tuple(_message_from_json(message) for message in line["messages"]),
        "tools": tuple(Tool(**tool) for tool in line["tools"]),
        "callable": None if line["callable"] is None else frozenset(line["callable"]),
        "choice": ToolChoice(line["choice"]),
    }
    return ChatRequest(**{**line, **converted})


def _message_to_json(message: Message) -> Line:
    return {
        "role": message.role,
        "content": message.content,
        "calls": [_call_to_json(call) for call in message.calls],
        "call_id": message.call_id,
    }


def _message_from_json(line: Line) -> Message:
    calls = tuple(ToolCall(**call) for call in line["calls"])
    return Message(Role(line["role"]), line["content"], calls, line["call_id"])


def _call_to_json(call: ToolCall) -> Line:
    return {"name": call.name, "arguments": dict(call.arguments), "call_id": call.call_id}


def event_to_json(event: ModelEvent) -> Line:
    """Write an event of an answer."""
    match event:
        case TextDelta():
            return {"text": event.text}
        case ToolCall():
            return {"call": _call_to_json(event)}
        case BrokenCall():
            return {"broken": event.text}
        case Finished():
            return {"finished": asdict(event)}


def event_from_json(line: Line) -> ModelEvent:
    """Read an event of an answer."""
    if "text" in line:
        return TextDelta(line["text"])
    if "call" in line:
        return ToolCall(**line["call"])
    if "broken" in line:
        return BrokenCall(line["broken"])
    finished = dict(line["finished"])
    return Finished(FinishReason(finished.pop("reason")), **finished)


def error_to_json(error: SottoError) -> Line:
    """Write an error."""
    return {"code": error.code, "message": error.message, "remedy": error.remedy}


def error_from_json(line: Line) -> SottoError:
    """Read an error: of the class with its code, and an EngineError if there is none."""
    kind = _classes(SottoError).get(line["code"], EngineError)
    return kind(line["message"], remedy=line["remedy"])


def _classes(root: type[SottoError]) -> dict[str, type[SottoError]]:
    found = {root.code: root}
    for kind in root.__subclasses__():
        found |= _classes(kind)
    return found
