"""SenseVoice models on disk: folders as sherpa-onnx's export writes them, and whether they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import EngineUnavailableError
from ...settings import Settings
from .languages import LANGUAGES
from .onnx_file import read_metadata

AUTO = "auto"
WEIGHTS = "model.int8.onnx"
TOKENS = "tokens.txt"
SENSEVOICE = "sensevoice"
"""The engine, and its folder under the data folder."""
MEL_BANDS = 80

_NUMBERS = (
    "vocab_size", "lfr_window_size", "lfr_window_shift", "normalize_samples", "with_itn", "without_itn", "lang_auto",
    *(f"lang_{language}" for language in LANGUAGES),
)  # fmt: skip
_VECTORS = ("neg_mean", "inv_stddev")

_REMEDY = (
    "Fetch it: sotto models fetch sensevoice-small; or put model.int8.onnx and tokens.txt of csukuangfj/"
    "sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17 (Hugging Face) into a folder there; or choose another engine "
    "with --stt."
)


@dataclass(frozen=True, slots=True)
class SenseVoiceFolder:
    """A model on disk."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def weights(self) -> Path:
        """The graph and its weights."""
        return self.path / WEIGHTS

    @property
    def tokens(self) -> Path:
        """What each output stands for."""
        return self.path / TOKENS

    @property
    def size_bytes(self) -> int:
        """Of its weights."""
        return self.weights.stat().st_size

    @property
    def stamp(self) -> tuple[str, int, int]:
        """Which weights these are: another model in the same folder has another stamp."""
        status = self.weights.stat()
        return str(self.path), status.st_size, status.st_mtime_ns


def folder_of(settings: Settings) -> Path:
    """Return where models are: `--stt-dir`, or the folder under the data folder."""
    return settings.stt.dir or settings.server.data_dir / SENSEVOICE


def find_models(folder: Path, wanted: str) -> list[SenseVoiceFolder]:
    """Return the model that `wanted` names (a path, a folder in `folder`) or, for `auto`, all there, the largest first.

    Raises EngineUnavailableError when there is none.
    """
    paths = _there(folder) if wanted == AUTO else [_named(folder, wanted)]
    if not paths:
        raise EngineUnavailableError(f"There is no SenseVoice model in {folder}.", remedy=_REMEDY)
    return sorted(map(SenseVoiceFolder, paths), key=lambda model: model.size_bytes, reverse=True)


def require_whole(model: SenseVoiceFolder) -> None:
    """Raise ValueError or OSError for a model that sherpa-onnx cannot load, or with which it would end the process."""
    metadata = read_metadata(model.weights)
    numbers = {key: int(metadata.get(key, "")) for key in _NUMBERS}
    vectors = [[float(each) for each in metadata.get(key, "").split(",")] for key in _VECTORS]
    if any(len(vector) != MEL_BANDS * numbers["lfr_window_size"] for vector in vectors):
        raise ValueError("its metadata are not those of SenseVoice")
    with model.tokens.open(encoding="utf-8") as lines:
        known = {int(line.rpartition(" ")[2]) for line in lines}
    if not known.issuperset(range(numbers["vocab_size"])):
        raise ValueError(f"{TOKENS} lacks tokens of the model")


def _there(folder: Path) -> list[Path]:
    return sorted(_whole(folder)) if folder.is_dir() else []


def _whole(folder: Path) -> Iterator[Path]:
    return (path.parent for path in folder.glob(f"*/{WEIGHTS}") if (path.parent / TOKENS).is_file())


def _named(folder: Path, wanted: str) -> Path:
    for path in (folder / wanted, Path(wanted).expanduser()):
        if path.is_dir():
            missing = [name for name in (WEIGHTS, TOKENS) if not (path / name).is_file()]
            if missing:
                raise EngineUnavailableError(
                    f"The SenseVoice model in {path} has no {' and no '.join(missing)}.", remedy=_REMEDY
                )
            return path
    there = ", ".join(path.name for path in _there(folder)) or "none"
    raise EngineUnavailableError(
        f"There is no SenseVoice model {wanted} in {folder}; there is: {there}.", remedy=_REMEDY
    )
