"""What an image was built for, as its build wrote down."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from ..errors import EngineUnavailableError


@dataclass(frozen=True, slots=True)
class Image:
    """What was asked for."""

    variant: str
    """cpu, jp6 or jp7."""
    cuda: bool
    chips: tuple[int, ...] = ()
    """Which it must have code for: compute capabilities times ten."""
    llama: bool = True
    """Whether it has llama-cpp-python."""
    any_cpu: bool = False
    """Whether this must have code for any processor of its architecture."""


def read_image(prefix: Path | None = None) -> Image | None:
    """Return what the image of this Python was built for; None outside of one.

    Raises EngineUnavailableError where what is written there cannot be read.
    """
    path = (prefix or Path(sys.prefix)) / "share" / "sotto" / "image.json"
    try:
        written = json.loads(path.read_text())
        chips = tuple(written["chips"])
        return Image(written["variant"], written["cuda"], chips, written["llama"], written["any_cpu"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise EngineUnavailableError(f"{path} is not as script/image-install writes it.", remedy="Build anew.") from err
