"""Makes stand-in models that have the real file formats and the real amount of arithmetic, and no training.

python -m tests.stand_in_models whisper base FOLDER "turn on the kitchen light"
python -m tests.stand_in_models piper medium VOICE.onnx
python -m tests.stand_in_models gguf 0.5b MODEL.gguf
python -m tests.stand_in_models sensevoice small FOLDER 打开厨房灯
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.stand_in_gguf import make_gguf
from tests.stand_in_piper import make_piper
from tests.stand_in_sensevoice import make_sensevoice
from tests.stand_in_whisper import make_whisper


def main(arguments: Sequence[str]) -> None:
    """Make one model; see the module's docstring."""
    kind, size, target, *rest = arguments
    if kind == "whisper":
        make_whisper(size, Path(target), *rest)
    elif kind == "sensevoice":
        make_sensevoice(size, Path(target), *rest)
    elif kind == "gguf":
        make_gguf(size, Path(target))
    else:
        make_piper(size, Path(target))


if __name__ == "__main__":
    main(sys.argv[1:])
