"""Which GGUF file is meant: a path, a name in the folder, or the one that is there."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import EngineUnavailableError

AUTO = "auto"
_SUFFIX = ".gguf"
_LATER_PART = re.compile(r"-(?!00001-)\d{5}-of-\d{5}\.gguf$")


HINT = "Put one there: Qwen3 or Llama 3 with 1 to 8 billion parameters, for example."


def find_model(folder: Path, wanted: str, hint: str = HINT) -> Path:
    """Return the file of a model; raises EngineUnavailableError with what there is to choose from, or with the hint.

    `auto` takes the largest there is: of several sizes of a model the largest answers best, and one that does not
    fit into memory is named as such when it is loaded.
    """
    there = models_in(folder)
    if wanted == AUTO:
        if not there:
            raise EngineUnavailableError(f"There is no GGUF file in {folder}.", remedy=hint)
        return there[0]
    for path in (Path(wanted).expanduser(), folder / wanted, folder / f"{wanted}{_SUFFIX}"):
        if path.is_file():
            return path
    names = ", ".join(path.stem for path in there)
    raise EngineUnavailableError(
        f"There is no model {wanted}, neither as a file nor in {folder}.",
        remedy=f"In the folder there is: {names}." if names else hint,
    )


def models_in(folder: Path) -> list[Path]:
    """Return the models in a folder, the largest first; of split ones the first part."""
    if not folder.is_dir():
        return []
    files = [path for path in folder.iterdir() if path.suffix == _SUFFIX and path.is_file()]
    firsts = [path for path in files if not _LATER_PART.search(path.name) and not path.name.startswith("mmproj")]
    return sorted(firsts, key=lambda path: (-path.stat().st_size, path.name))
