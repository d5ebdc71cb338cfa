"""Every model that can be fetched, as data: what it is, where its files are, and how each is recognised.

`catalogue.yaml` is written by hand, `voices.yaml` by `script/catalogue` from the list of Piper's voices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from ..errors import SettingsError

HUGGING_FACE = "https://huggingface.co"
HF_MIRROR = "https://hf-mirror.com"
MODELSCOPE = "https://www.modelscope.cn/models"
MB = 1_000_000
"""As sizes of files and disks are written."""

_FOLDER = Path(__file__).parent
_FILES = ("catalogue.yaml", "voices.yaml")


class Kind(StrEnum):
    """What a model is for."""

    STT = "stt"
    TTS = "tts"
    LLM = "llm"
    EMBEDDING = "embedding"

    @property
    def section(self) -> str:
        """The section of the settings whose folder the engines look into."""
        return "knowledge" if self is Kind.EMBEDDING else self.value


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model."""

    path: str
    """In the folder of its kind: `base/model.bin`, `en_US-lessac-medium.onnx`."""
    size_bytes: int
    sha256: str | None
    urls: tuple[str, ...]
    """The same file at several places, best first."""
    md5: str | None = None
    """Where its makers publish no other: it tells a broken copy from a whole one, and a replaced one as well, since no
    second file with the MD5 of a given one can be made, only two that share one."""

    @property
    def pinned(self) -> bool:
        """Whether a digest says which bytes are meant; else the one counts that a source states."""
        return self.sha256 is not None or self.md5 is not None


@dataclass(frozen=True, slots=True)
class Model:
    """One model: files that are only of use together."""

    id: str
    kind: Kind
    title: str
    languages: tuple[str, ...]
    """BCP 47 tags; empty: every language."""
    files: tuple[ModelFile, ...]
    licence: str
    memory_mb: int
    """Estimate of what it takes when loaded; the head of catalogue.yaml says how."""
    rank: int
    """Higher is better, within a kind; across kinds, memory is spent on the lower rank first."""
    engine: str
    auto: bool = True
    """Whether it may be chosen; else it is fetched only by name."""
    terms: str = ""
    """Where its licence is, if that is its makers' own: `auto` does not agree to it in a household's place."""
    gpu: bool = False
    """Whether it is too slow without a GPU."""
    modules: tuple[str, ...] = ()
    """Packages that it needs beside its engine's."""

    @property
    def size_bytes(self) -> int:
        """The size on disk."""
        return sum(file.size_bytes for file in self.files)

    @property
    def pinned(self) -> bool:
        """Whether each file has a digest here."""
        return all(file.pinned for file in self.files)

    @property
    def name(self) -> str:
        """What engines call it: its folder, or its file without the ending."""
        return self.folder or self.files[0].path.rpartition(".")[0]

    @property
    def folder(self) -> str:
        """The folder of its own, in that of its kind; empty if its files are there directly."""
        return self.files[0].path.rpartition("/")[0]


@cache
def catalogue() -> tuple[Model, ...]:
    """Return every model there is to fetch. Reads the package's own files, the first time."""
    found = tuple(model for name in _FILES for model in parse((_FOLDER / name).read_text(encoding="utf-8")))
    if len({model.id for model in found}) != len(found):
        raise ValueError("Two models of the catalogue have the same id")
    return found


def with_further(path: Path | None) -> tuple[Model, ...]:
    """Return the catalogue with the models of a file of the user's, which come before ours of the same id. Blocks.

    With `only: true` in the file, ours are not offered. Raises SettingsError for a file that is no catalogue.
    """
    if path is None:
        return catalogue()
    try:
        text = path.read_text(encoding="utf-8")
        further = tuple(parse(text))
        only = _load(text).get("only") is True
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as err:
        raise SettingsError(
            f"--models-catalogue names {path}, which is no catalogue of models: {type(err).__name__} {err}.",
            remedy="docs/models.md shows one.",
        ) from None
    own = {model.id for model in further}
    return (*further, *(model for model in catalogue() if not only and model.id not in own))


def _load(text: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return document


def parse(text: str) -> Iterator[Model]:
    """Yield the models of a YAML document; raises KeyError, TypeError and ValueError for what is no catalogue."""
    document = _load(text)
    defaults = document.get("defaults", {})
    for entry in document["models"]:
        yield _model({**defaults, **entry})


def _model(entry: Mapping[str, Any]) -> Model:
    return Model(
        id=entry["id"],
        kind=Kind(entry["kind"]),
        title=entry["title"],
        languages=tuple(entry["languages"]),
        files=tuple(_file(entry, file) for file in entry["files"]),
        licence=entry["licence"],
        memory_mb=int(entry["memory_mb"]),
        rank=int(entry["rank"]),
        engine=entry["engine"],
        auto=bool(entry.get("auto", True)),
        terms=entry.get("terms", ""),
        gpu=bool(entry.get("gpu", False)),
        modules=tuple(entry.get("modules", ())),
    )


def _file(entry: Mapping[str, Any], file: Mapping[str, Any]) -> ModelFile:
    source = file["path"]
    name = source.rpartition("/")[2]
    return ModelFile(
        path=f"{entry['folder']}/{name}" if entry.get("folder") else name,
        size_bytes=int(file["size_bytes"]),
        sha256=file.get("sha256"),
        urls=tuple(file["urls"]) if "urls" in file else tuple(_urls(entry, source)),
        md5=file.get("md5"),
    )


def _urls(entry: Mapping[str, Any], source: str) -> Iterator[str]:
    path = f"{entry['huggingface']}/resolve/{entry['revision']}/{quote(source)}"
    yield f"{HUGGING_FACE}/{path}"
    yield f"{HF_MIRROR}/{path}"
    if entry.get("modelscope"):
        yield f"{MODELSCOPE}/{entry['modelscope']}/resolve/master/{quote(source)}"


def mirrored(urls: tuple[str, ...], mirror: str) -> tuple[str, ...]:
    """Return the places of a file with a mirror of Hugging Face's layout before all; empty: as they are."""
    if not mirror:
        return urls
    own = [mirror.rstrip("/") + url.removeprefix(HUGGING_FACE) for url in urls if url.startswith(f"{HUGGING_FACE}/")]
    return (*own, *urls)


def find(models: tuple[Model, ...], model_id: str) -> Model | None:
    """Return the model of this id; None if there is none."""
    return next((model for model in models if model.id == model_id), None)
