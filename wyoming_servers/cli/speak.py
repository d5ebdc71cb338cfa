"""`sotto say`, `sotto ask`, `sotto listen` and `sotto wake`: to a running server, with the time of each stage."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from wyoming.intent import Intent
from wyoming.tts import SynthesizeVoice
from wyoming.wake import Detection

from ..errors import RemoteError
from ..pipeline.assistant import Assistant, Outcome, Understanding
from ..pipeline.audio import Audio, joined
from ..pipeline.recording import Recording
from .wav import open_wav, write_wav

EXIT_OK = 0
EXIT_NOT_UNDERSTOOD = 1
"""Nothing was heard, or nothing could be done with it."""


class Report:
    """Prints one line a stage: its name, what came of it, how long it took."""

    def line(self, stage: str, result: str, taken_s: float | None = None) -> None:
        """Print a stage's line."""
        taken = "" if taken_s is None else f"{taken_s * 1000:8.0f} ms"
        print(f"{stage:<11}{result:<58}{taken}".rstrip(), flush=True)

    @contextmanager
    def timed(self) -> Iterator[list[float]]:
        """Measure what is inside; the list then holds the seconds."""
        taken: list[float] = []
        started = monotonic()
        yield taken
        taken.append(monotonic() - started)


REPORT = Report()


async def say(args: argparse.Namespace) -> int:
    """Speak a text into a WAV file."""
    text = _text(args)
    audio, first_s = await _collect(Assistant(args.uri).speak(text, _voice(args)))
    write_wav(args.output, audio)
    REPORT.line("speech", f"{audio.seconds:.1f} s of audio in {args.output}", first_s)
    return EXIT_OK


async def ask(args: argparse.Namespace) -> int:
    """Say a sentence in writing, and let the house do what it means."""
    _, outcome = await _answer(Assistant(args.uri), _text(args), args.language)
    return EXIT_OK if outcome.succeeded else EXIT_NOT_UNDERSTOOD


async def listen(args: argparse.Namespace) -> int:
    """Play a recording, or what a microphone hears, to the assistant and go through all stages."""
    assistant = Assistant(args.uri)
    async with open_wav(args.file) as recording:
        command = recording if args.no_wake else await _skip_wake_word(assistant, recording)
        with REPORT.timed() as taken:
            transcript = await assistant.transcribe(command, args.language)
    REPORT.line("transcript", transcript.text or "(nothing was said)", taken[0])
    if not transcript.text:
        return EXIT_NOT_UNDERSTOOD
    reply, outcome = await _answer(assistant, transcript.text, transcript.language or args.language)
    if reply:
        await _speak_reply(assistant, reply, args.output)
    return EXIT_OK if outcome.succeeded else EXIT_NOT_UNDERSTOOD


async def wake(args: argparse.Namespace) -> int:
    """Look for wake words in a recording."""
    async with open_wav(args.file) as recording:
        with REPORT.timed() as taken:
            found = await Assistant(args.uri).detect(recording, args.word or None)
    if found is None:
        REPORT.line("wake", "(no wake word)", taken[0])
        return EXIT_NOT_UNDERSTOOD
    REPORT.line("wake", f"{found.name} at {_at_s(found):.2f} s", taken[0])
    return EXIT_OK


async def _skip_wake_word(assistant: Assistant, recording: Recording) -> Recording:
    """Return what follows the wake word; all of it if there is none."""
    try:
        with REPORT.timed() as taken:
            found = await assistant.detect(recording)
    except RemoteError as err:
        REPORT.line("wake", f"({err.message})")
        return recording
    if found is None:
        REPORT.line("wake", "(no wake word: all of it is the command)", taken[0])
        return recording
    REPORT.line("wake", f"{found.name} at {_at_s(found):.2f} s", taken[0])
    return recording.after(_at_s(found))


def _at_s(detection: Detection) -> float:
    return (detection.timestamp or 0) / 1000


async def _answer(assistant: Assistant, text: str, language: str | None) -> tuple[str, Outcome]:
    """Understand and execute; returns the reply."""
    with REPORT.timed() as taken:
        understanding = await assistant.understand(text, language)
    for intent in understanding.intents:
        REPORT.line("intent", _describe(intent), taken[0])
    if not understanding.intents:
        REPORT.line("reply", understanding.text, taken[0])
        return understanding.text, Outcome(understanding.text, succeeded=understanding.understood)
    outcome = await _execute(assistant, understanding)
    return outcome.text, outcome


async def _execute(assistant: Assistant, understanding: Understanding) -> Outcome:
    try:
        with REPORT.timed() as taken:
            outcome = await assistant.execute(understanding.intents)
    except RemoteError as err:
        REPORT.line("house", f"(not executed: {err.message})")
        return Outcome("", succeeded=False)
    for change in outcome.changes:
        REPORT.line("house", f"{change['name']}: {change['before']} → {change['after']}", taken[0])
    REPORT.line("reply", outcome.text)
    return outcome


async def _speak_reply(assistant: Assistant, reply: str, output: Path | None) -> None:
    try:
        audio, first_s = await _collect(assistant.speak(reply))
    except RemoteError as err:
        REPORT.line("speech", f"({err.message})")
        return
    REPORT.line("speech", f"{audio.seconds:.1f} s of audio; the first after", first_s)
    if output is not None:
        write_wav(output, audio)


async def _collect(pieces: AsyncIterator[Audio]) -> tuple[Audio, float]:
    """Return all the audio, and the seconds until its first piece came."""
    started = monotonic()
    first_s = 0.0
    collected: list[Audio] = []
    async for piece in pieces:
        first_s = first_s or monotonic() - started
        collected.append(piece)
    return joined(collected), first_s


def _text(args: argparse.Namespace) -> str:
    """Return what was typed, also where the locale knows ASCII alone and Python keeps the rest as bytes."""
    text = " ".join(args.text)
    return text if text.isprintable() else os.fsencode(text).decode(errors="replace")


def _describe(intent: Intent) -> str:
    slots = " ".join(f"{slot.name}={slot.value}" for slot in intent.entities)
    return f"{intent.name} {slots}".strip()


def _voice(args: argparse.Namespace) -> SynthesizeVoice | None:
    if args.voice is None and args.language is None and args.speaker is None:
        return None
    return SynthesizeVoice(name=args.voice, language=args.language, speaker=args.speaker)
