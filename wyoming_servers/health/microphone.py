"""Whether those who spoke lately could be heard: too quiet, too loud, or nothing but silence."""

from __future__ import annotations

from collections.abc import Mapping

from .finding import Finding, Verdict, Words
from .seen import Seen

QUIET_DBFS = -45.0
"""Below this, speech is near the noise of a small microphone, and recognition errs more."""
CLIPPED_SHARE = 0.005
"""Of the samples; more is heard as crackling, and recognition errs more."""
LEAST_TURNS = 3
"""Before it is judged: one may have whispered."""

_SUBJECT = Words("Microphones", "麦克风")
_FINE = Words(
    "speech came in at {level:.0f} dBFS in the last {turns} utterances", "最近 {turns} 句话的音量为 {level:.0f} dBFS"
)
_QUIET = Words(
    "speech came in at only {level:.0f} dBFS in the last {turns} utterances",
    "最近 {turns} 句话的音量仅为 {level:.0f} dBFS",
)
_LOUD = Words(
    "{share:.1%} of the last {turns} utterances was too loud to be recorded",
    "最近 {turns} 句话中有 {share:.1%} 因过响而失真",
)
_LOUDER = Words(
    "Raise the satellite's microphone volume or automatic gain, or move it nearer.",
    "请调高卫星设备的麦克风音量或自动增益，或把它放近一些。",
)
_SOFTER = Words("Lower the satellite's microphone volume.", "请调低卫星设备的麦克风音量。")


def look(seen: Seen) -> Finding | None:
    """Look at what the server says of the audio that it was sent; None before enough was said."""
    heard = seen.status.get("microphone")
    if not isinstance(heard, Mapping) or int(heard.get("turns") or 0) < LEAST_TURNS:
        return None
    values = {"turns": int(heard["turns"]), "level": float(heard["level_dbfs"]), "share": float(heard["clipped"])}
    if values["share"] > CLIPPED_SHARE:
        return Finding("microphone", Verdict.NOTE, _SUBJECT, _LOUD.filled(**values), _SOFTER)
    if values["level"] < QUIET_DBFS:
        return Finding("microphone", Verdict.NOTE, _SUBJECT, _QUIET.filled(**values), _LOUDER)
    return Finding("microphone", Verdict.OK, _SUBJECT, _FINE.filled(**values))
