"""Whisper models on disk: folders in CTranslate2's format, and the languages that each understands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ...errors import EngineUnavailableError

AUTO = "auto"
WEIGHTS = "model.bin"
NEEDED = (WEIGHTS, "config.json", "tokenizer.json")
"""Without tokenizer.json, faster-whisper would download one."""

MULTILINGUAL_TOKENS = 51_865
"""Entries in the vocabulary of the multilingual models; the English ones have one less."""

CPU_MAX_BYTES = 300_000_000
"""Of the largest model.bin that `auto` takes on a CPU. On 2 cores "base" (76 MB as int8) needs 0.2 s for a command,
"small" (250 MB as int8) 0.7 s; "medium" is slower than speech."""

CUDA_MAX_BYTES = 2_000_000_000
"""On a GPU: large-v3-turbo (1.6 GB) still is, large-v3 (3.1 GB) does not fit beside a language model into 8 GB."""

_LANGUAGE_TOKEN = re.compile(r"<\|([a-z]{2,3})\|>")
_SPELLINGS = {"jw": "jv", "iw": "he"}


@dataclass(frozen=True, slots=True)
class WhisperFolder:
    """A model on disk."""

    path: Path
    codes: tuple[str, ...]
    """Languages as the model's own tokens spell them."""

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages as BCP 47 tags."""
        return tuple(_SPELLINGS.get(code, code) for code in self.codes)

    @property
    def size_bytes(self) -> int:
        """Of its weights."""
        return (self.path / WEIGHTS).stat().st_size

    @property
    def stamp(self) -> tuple[str, int, int]:
        """Which weights these are: another model in the same folder has another stamp."""
        status = (self.path / WEIGHTS).stat()
        return str(self.path), status.st_size, status.st_mtime_ns


def find_model(folder: Path, wanted: str, *, cuda: bool) -> WhisperFolder:
    """Return the model that `wanted` names: a path, a folder in `folder`, or `auto` for the best there.

    Raises EngineUnavailableError when there is none, or when files of it are missing or unreadable.
    """
    return find_models(folder, wanted, cuda=cuda)[0]


def find_models(folder: Path, wanted: str, *, cuda: bool) -> list[WhisperFolder]:
    """Return the model that `wanted` names or, for `auto`, all that the device can bear, the best first.

    What is broken is left out if there is another one. Raises what `find_model` raises.
    """
    models, reasons = [], []
    for path in _by_size(folder, cuda=cuda) if wanted == AUTO else (_named(folder, wanted),):
        try:
            models.append(_read(path))
        except EngineUnavailableError as err:
            reasons.append(err)
    if not models:
        raise reasons[0]
    return models


def _read(path: Path) -> WhisperFolder:
    missing = [name for name in NEEDED if not (path / name).is_file()]
    if missing:
        raise EngineUnavailableError(f"The Whisper model in {path} has no {' and no '.join(missing)}.", remedy=_REMEDY)
    return WhisperFolder(path, _language_codes(path))


_REMEDY = (
    "Put a model in CTranslate2's format there (such as Systran/faster-whisper-base from Hugging Face: config.json, "
    "model.bin, tokenizer.json, vocabulary), or choose another engine with --stt."
)


def _models(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{WEIGHTS}")) if folder.is_dir() else []


def _by_size(folder: Path, *, cuda: bool) -> list[Path]:
    models = _models(folder)
    if not models:
        raise EngineUnavailableError(f"There is no Whisper model in {folder}.", remedy=_REMEDY)
    limit = CUDA_MAX_BYTES if cuda else CPU_MAX_BYTES
    sizes = {path: (path / WEIGHTS).stat().st_size for path in models}
    fitting = [path for path in models if sizes[path] <= limit]
    by_size = sorted(fitting, key=sizes.__getitem__, reverse=True)
    return by_size or [min(models, key=sizes.__getitem__)]


def _named(folder: Path, wanted: str) -> Path:
    candidates = (folder / wanted, folder / f"faster-whisper-{wanted}", Path(wanted).expanduser())
    for path in candidates:
        if path.is_dir():
            return path
    there = ", ".join(path.name for path in _models(folder)) or "none"
    raise EngineUnavailableError(f"There is no Whisper model {wanted} in {folder}; there is: {there}.", remedy=_REMEDY)


def _language_codes(path: Path) -> tuple[str, ...]:
    vocabulary = _vocabulary(path)
    # The distilled models kept the multilingual vocabulary and were taught English only.
    if len(vocabulary) < MULTILINGUAL_TOKENS or "distil" in path.name:
        return ("en",)
    matches = (_LANGUAGE_TOKEN.fullmatch(token) for token in vocabulary)
    return tuple(match[1] for match in matches if match)


def _vocabulary(path: Path) -> list[str]:
    """Read the vocabulary, of which older conversions have a text file."""
    try:
        as_json, as_text = path / "vocabulary.json", path / "vocabulary.txt"
        if as_json.is_file():
            return [str(token) for token in json.loads(as_json.read_text(encoding="utf-8"))]
        return as_text.read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError) as err:
        reason = f"The vocabulary of the Whisper model in {path} cannot be read: {type(err).__name__}."
        raise EngineUnavailableError(reason, remedy=_REMEDY) from None
