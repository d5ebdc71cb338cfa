"""Whether the clock can be right: with a wrong one no certificate of a download is valid, and timers are told wrongly.

A Jetson without a battery begins in 1970 until the network has told it the time.
"""

from __future__ import annotations

from datetime import UTC, datetime

from .finding import Finding, Verdict, Words
from .seen import Seen

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No machine that runs this program is older."""

_SUBJECT = Words("Clock", "时钟")
_DETAIL = Words("{time:%Y-%m-%d %H:%M} UTC", "{time:%Y-%m-%d %H:%M} UTC")
_BEFORE = Words(
    "{time:%Y-%m-%d %H:%M} UTC is before this program was written", "{time:%Y-%m-%d %H:%M} UTC 早于本程序的编写时间"
)
_REMEDY = Words(
    "Let the network set it: timedatectl set-ntp true, and see that port 123 (UDP) is not blocked.",
    "请让网络校准时间：timedatectl set-ntp true，并确认 123 端口（UDP）未被阻挡。",
)


def look(seen: Seen) -> Finding:
    """Compare the clock with the day from which it cannot be earlier."""
    time = datetime.fromtimestamp(seen.now(), UTC)
    if time < RELEASED:
        return Finding("clock", Verdict.PROBLEM, _SUBJECT, _BEFORE.filled(time=time), _REMEDY)
    return Finding("clock", Verdict.OK, _SUBJECT, _DETAIL.filled(time=time))
