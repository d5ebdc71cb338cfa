"""Piper's voices as files: `NAME.onnx` with its `NAME.onnx.json`, read and checked without loading the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import EngineUnavailableError
from .engine import Voice

ATTRIBUTION = ("Piper", "https://github.com/OHF-Voice/piper1-gpl")

G2PW_MODEL = Path("g2pW", "g2pw.onnx")
"""Where Piper looks for the model that its pinyin voices need; it would download it if it were not there."""

_PHONEMIZERS: Mapping[str, tuple[str, ...]] = {
    "espeak": (),
    "text": (),
    "hebrew": (),
    "japanese": ("pyopenjtalk",),
    "thai": ("tltk",),
    "pinyin": ("unicode_rbnf",),
}
"""Packages that piper-tts needs beside itself, by the `phoneme_type` of a voice."""

_QUALITIES = ("medium", "high", "low", "x_low")
"""In order of preference: `high` takes several times as long as `medium` and sounds little better."""

Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """A voice that is on disk and looks complete."""

    path: Path
    stamp: Stamp
    """Changes when either file does."""
    voice: Voice
    config: Mapping[str, Any]
    """What the JSON file says."""
    speaker_ids: Mapping[str, int]

    @property
    def preference(self) -> tuple[int, str]:
        """Sorts the voices of a language: the lowest first."""
        quality = self.voice.name.rpartition("-")[2]
        rank = _QUALITIES.index(quality) if quality in _QUALITIES else len(_QUALITIES)
        return rank, self.voice.name


def config_path(path: Path) -> Path:
    """Return where the voice's configuration is."""
    return path.with_name(path.name + ".json")


def stamp_of(path: Path) -> Stamp:
    """Return what tells whether the voice's files changed; raises OSError if one is missing."""
    model, config = path.stat(), config_path(path).stat()
    return model.st_mtime_ns, model.st_size, config.st_mtime_ns, config.st_size


def read_voice(path: Path) -> VoiceFile:
    """Read a voice's configuration and check its model; raises EngineUnavailableError for what cannot speak."""
    try:
        stamp = stamp_of(path)
        config = json.loads(config_path(path).read_text(encoding="utf-8"))
        if not is_whole_onnx(path):
            raise _broken(path, "its model is cut off, or no ONNX file")
        return _voice_file(path, stamp, config)
    except OSError as err:
        raise _broken(path, f"{err.filename} cannot be read: {err.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise _broken(path, f"its configuration is not as Piper's are: {type(err).__name__} {err}") from None


def _broken(path: Path, reason: str) -> EngineUnavailableError:
    return EngineUnavailableError(f"The voice {path.stem} cannot be used: {reason}.", remedy="Download it again.")


def _voice_file(path: Path, stamp: Stamp, config: Mapping[str, Any]) -> VoiceFile:
    _check_phonemizer(path, config)
    for key in ("num_symbols", "num_speakers", "phoneme_id_map"):
        _ = config[key]
    if not config["phoneme_id_map"] or int(config["audio"]["sample_rate"]) <= 0:
        raise ValueError("without phonemes or sample rate")
    speaker_ids = {str(name): int(number) for name, number in (config.get("speaker_id_map") or {}).items()}
    voice = Voice(
        name=path.stem,
        language=_language(path, config),
        description=f"Piper {path.stem}",
        attribution=ATTRIBUTION,
        version=str(config.get("piper_version") or "1.0.0"),
        speakers=tuple(sorted(speaker_ids, key=speaker_ids.__getitem__)),
    )
    return VoiceFile(path, stamp, voice, config, speaker_ids)


def _language(path: Path, config: Mapping[str, Any]) -> str:
    """Return the BCP 47 tag: Piper writes en_US, here and at the beginning of its names."""
    code = (config.get("language") or {}).get("code") or config["espeak"]["voice"] or path.stem.split("-")[0]
    return str(code).replace("_", "-")


def _check_phonemizer(path: Path, config: Mapping[str, Any]) -> None:
    kind = config.get("phoneme_type") or "espeak"
    if kind not in _PHONEMIZERS:
        raise _broken(path, f"this version does not know its phonemes, {kind}")
    _ = config["espeak"]["voice"]
    missing = [module for module in _PHONEMIZERS[kind] if find_spec(module) is None]
    if missing:
        raise EngineUnavailableError(
            f"The voice {path.stem} needs the package {', '.join(missing)}.",
            remedy=f"Install it with: pip install {' '.join(missing)}",
        )
    if kind == "pinyin" and not (path.parent / G2PW_MODEL).is_file():
        raise EngineUnavailableError(
            f"The voice {path.stem} needs {G2PW_MODEL} beside it.", remedy="Piper's voices describe it."
        )


def is_whole_onnx(path: Path) -> bool:
    """Whether a file is one whole message of Protocol Buffers with a graph (field 7 of ONNX's ModelProto).

    Only the outermost fields are looked at, so that a file of any size takes microseconds; a copy that is still
    under way, an error page and a Git LFS pointer are all found out.
    """
    size = path.stat().st_size
    has_graph = False
    with path.open("rb") as file:
        while (position := file.tell()) < size:
            tag = _varint(file)
            if tag is None or not _skip_field(file, tag & 7) or file.tell() <= position:
                return False
            has_graph = has_graph or tag >> 3 == 7
        return has_graph and file.tell() == size


def _skip_field(file: BinaryIO, wire_type: int) -> bool:
    if wire_type == 0:
        return _varint(file) is not None
    if wire_type == 2:
        length = _varint(file)
        if length is None:
            return False
        file.seek(length, 1)
        return True
    file.seek({1: 8, 5: 4}.get(wire_type, 0), 1)
    return wire_type in {1, 5}


def _varint(file: BinaryIO) -> int | None:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            return None
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    return None
