"""Piper: neural voices (VITS) from a folder, in real time on a CPU."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ...errors import EngineError, EngineUnavailableError, SottoError, UnknownModelError
from ...settings import Settings
from ...worker import Cancellation
from ..engine import Speech, TtsCapabilities, TtsEngine, Voice, VoiceNeed
from ..language import VoiceDefaults, base_of, find_voice, voice_for
from ..piper_voice import PiperVoice, open_voice
from ..voice_files import ATTRIBUTION, Stamp, VoiceFile, read_voice, stamp_of

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Resident:
    """A voice in memory."""

    stamp: Stamp
    voice: PiperVoice


class PiperEngine(TtsEngine):
    """The voices in a folder, of which the last few that spoke stay in memory."""

    def __init__(
        self, folder: Path, *, speed: float = 1.0, resident: int = 3, cuda: bool = False, prefer: VoiceDefaults
    ) -> None:
        self._folder = folder
        self._speed = speed
        self._most_resident = resident
        self._cuda = cuda
        self._prefer = prefer
        self._files: dict[Path, VoiceFile] = {}
        self._broken: dict[Path, Stamp] = {}
        self._by_name: dict[str, VoiceFile] = {}
        self._voices: tuple[Voice, ...] = ()
        self._reported: dict[str, Stamp] = {}
        self._resident: OrderedDict[str, _Resident] = OrderedDict()

    @property
    def capabilities(self) -> TtsCapabilities:
        """What Info says."""
        return TtsCapabilities(name="piper", description="Piper", attribution=ATTRIBUTION, version="1")

    @property
    def voices(self) -> tuple[Voice, ...]:
        """The voices on disk that look complete, and did not turn out to be broken."""
        return self._voices

    @property
    def device(self) -> str:
        """Where voices compute."""
        return "cuda:0" if self._cuda else "cpu"

    @property
    def resident(self) -> int:
        """Voices in memory."""
        return len(self._resident)

    @property
    def used_bytes(self) -> int:
        """What they take."""
        return sum(_bytes_of(each.stamp) for each in self._resident.copy().values())

    def likely_need(self) -> VoiceNeed | None:
        """Return the likely voice, unless it is in memory, or only in another one's place could be."""
        self._look()
        likely = self._missing()
        return None if likely is None else self._need_of(likely)

    def need_of(self, voice: Voice) -> VoiceNeed | None:
        """Return the voice itself, unless it is in memory."""
        file = self._by_name.get(voice.name)
        return None if file is None else self._need_of(file)

    def _need_of(self, file: VoiceFile) -> VoiceNeed | None:
        name = file.voice.name
        resident = self._resident.get(name)
        is_there = resident is not None and resident.stamp == file.stamp
        return None if is_there else VoiceNeed(name, _bytes_of(file.stamp))

    def free(self) -> bool:
        """Keep the voice that spoke last."""
        before = len(self._resident)
        while len(self._resident) > 1:
            self._resident.popitem(last=False)
        return len(self._resident) < before

    def load(self) -> None:
        """Look at the folder and load the voice that will most likely be asked for first.

        Raises EngineUnavailableError if ONNX Runtime has no CUDA and that was asked for. A folder without voices
        is no error: some may come.
        """
        import_module("piper")
        available = import_module("onnxruntime").get_available_providers()
        if self._cuda and "CUDAExecutionProvider" not in available:
            raise EngineUnavailableError(
                "The installed ONNX Runtime has no CUDA.", remedy="Install onnxruntime-gpu, or choose --tts-device cpu."
            )
        self.refresh()

    def refresh(self) -> bool:
        """Look at the folder again; True if voices came, went or changed, or one turned out to be broken.

        The voice that will most likely be asked for is loaded before anybody can ask for it, if it may be.
        """
        self._look()
        if self.may_preload:
            self._load_likely()
        self._publish()
        reported, self._reported = self._reported, {name: file.stamp for name, file in self._by_name.items()}
        return reported != self._reported

    def _look(self) -> None:
        found: dict[Path, VoiceFile] = {}
        for path in sorted(self._folder.rglob("*.onnx")) if self._folder.is_dir() else ():
            file = self._look_at(path)
            if file is not None:
                found[path] = file
        self._files = found

    def _look_at(self, path: Path) -> VoiceFile | None:
        stamp = _stamp(path)
        if stamp is None:  # without its configuration: still being copied, or no voice
            return None
        known = self._files.get(path)
        if known is not None and known.stamp == stamp:
            return known
        if path in self._broken and self._broken[path] == stamp:
            return None
        try:
            file = read_voice(path)
        except EngineUnavailableError as err:
            self._broken[path] = stamp
            _LOGGER.warning("%s", err)
            return None
        self._broken.pop(path, None)
        return file

    def _publish(self) -> None:
        self._by_name = self._named()
        self._voices = tuple(file.voice for file in self._by_name.values())

    def _named(self) -> dict[str, VoiceFile]:
        """Return the voices that there are, the preferred of each language first."""
        by_name: dict[str, VoiceFile] = {}
        for file in sorted(self._files.values(), key=lambda file: (base_of(file.voice.language), *file.preference)):
            by_name.setdefault(file.voice.name, file)
        return by_name

    def _likely(self) -> VoiceFile | None:
        """Return the voice that will most likely be asked for first."""
        by_name = self._named()
        voices = [tuple(file.voice for file in by_name.values())]
        likely = find_voice(voices, self._prefer.voice) if self._prefer.voice else None
        likely = likely or voice_for(voices, self._prefer.language)
        return None if likely is None else by_name[likely.name]

    def _missing(self) -> VoiceFile | None:
        """Return the likely voice if it is not in memory and none that spoke would have to leave for it."""
        likely = self._likely() if len(self._resident) < self._most_resident else None
        return None if likely is None or likely.voice.name in self._resident else likely

    def _load_likely(self) -> None:
        likely = self._missing()
        if likely is not None:
            try:
                self._keep(likely)
            except SottoError as err:
                _LOGGER.warning("%s", err)

    def synthesize(self, text: str, voice: Voice, speaker: str | None, cancellation: Cancellation) -> Iterator[Speech]:
        """Speak the text; what was made so far when it is cancelled.

        Raises EngineError for a voice that cannot be loaded, UnknownModelError for a speaker it does not have.
        """
        resident = self._get(voice.name)
        speaker_id = self._speaker_id(voice.name, speaker)
        yield from resident.voice.speak(text, self._speed, speaker_id, cancellation)

    def _speaker_id(self, name: str, speaker: str | None) -> int | None:
        if speaker is None:
            return None
        ids = self._by_name[name].speaker_ids
        if speaker not in ids:
            raise UnknownModelError(f"The voice {name} has no speaker {speaker}.", remedy=f"It has: {', '.join(ids)}.")
        return ids[speaker]

    def _get(self, name: str) -> _Resident:
        """Return a voice, from memory if it is there."""
        file = self._by_name.get(name)
        if file is None:
            raise EngineError(f"The voice {name} is gone.", remedy="Choose another one.")
        return self._keep(file)

    def _keep(self, file: VoiceFile) -> _Resident:
        """Return a voice that is in memory then, and is not soon to leave it."""
        name = file.voice.name
        resident = self._resident.get(name)
        if resident is None or resident.stamp != file.stamp:
            resident = self._load_voice(file)
            self._resident[name] = resident
        self._resident.move_to_end(name)
        while len(self._resident) > self._most_resident:
            self._resident.popitem(last=False)
        return resident

    def _load_voice(self, file: VoiceFile) -> _Resident:
        try:
            voice = open_voice(file, cuda=self._cuda)
        except Exception as err:
            _LOGGER.debug("The voice %s does not load", file.voice.name, exc_info=True)
            self._broken[file.path] = file.stamp
            self._files.pop(file.path, None)
            self._publish()
            raise EngineError(
                f"The voice {file.voice.name} cannot be loaded: {type(err).__name__}.", remedy="Download it again."
            ) from err
        return _Resident(file.stamp, voice)


def _bytes_of(stamp: Stamp) -> int:
    """Return what a voice takes in memory: its weights, and half as much again to compute."""
    _, size, *_ = stamp
    return round(1.5 * size)


def _stamp(path: Path) -> Stamp | None:
    try:
        return stamp_of(path)
    except OSError:
        return None


def create(settings: Settings) -> TtsEngine:
    """Return the engine, not loaded."""
    tts = settings.tts
    return PiperEngine(
        settings.folder("tts"),
        speed=tts.speed,
        resident=tts.resident,
        cuda=tts.device == "cuda",
        prefer=VoiceDefaults(tts.voice, settings.server.language),
    )
