"""What is said between the server and a process of its own: JSON, one object in a line. Pure logic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Line = dict[str, Any]


def encode(line: Mapping[str, Any]) -> bytes:
    """Write one object as a line."""
    return json.dumps(line, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def decode(data: bytes) -> Line:
    """Read a line; raises ValueError if it is none."""
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - the same error as for no JSON
    return found
