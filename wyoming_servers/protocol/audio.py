"""Audio from clients in any format, as the 16 kHz mono samples that engines take."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from ..errors import BadRequestError

ENGINE_RATE_HZ = 16_000
RATES_HZ = range(4_000, 384_001)
WIDTHS = (1, 2, 3, 4)
MAX_CHANNELS = 16

Samples = npt.NDArray[np.float32]


class AudioConverter:
    """Converts one stream of raw PCM to another rate, 16-bit mono.

    Chunks may be of any size, also one that ends inside a sample. 8-bit samples are unsigned, as in a WAV file;
    wider ones are signed, little-endian.
    """

    def __init__(self, *, rate_hz: int, width: int, channels: int, to_rate_hz: int = ENGINE_RATE_HZ) -> None:
        """Raises BadRequestError for a format that cannot be audio."""
        _check_format(rate_hz, width, channels)
        self.format = (rate_hz, width, channels)
        self._width = width
        self._channels = channels
        self._frame_bytes = width * channels
        self._rest = b""
        self._as_is = (rate_hz, width, channels) == (to_rate_hz, 2, 1)
        self._resampler = None if rate_hz == to_rate_hz else soxr.ResampleStream(rate_hz, to_rate_hz, 1, "float32")

    def convert(self, pcm: bytes, *, last: bool = False) -> bytes:
        """Return the samples that follow those returned so far; with `last`, also what the resampler holds."""
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % self._frame_bytes
        pcm, self._rest = pcm[:whole], pcm[whole:]
        if self._as_is:
            return pcm
        mono = _to_float(pcm, self._width).reshape(-1, self._channels).mean(axis=1, dtype=np.float32)
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono, last=last)
        return to_pcm16(mono)


def to_pcm16(samples: Samples) -> bytes:
    """Return samples between -1 and 1 as 16-bit little-endian PCM; what is louder is clipped."""
    return (np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()


def _check_format(rate_hz: int, width: int, channels: int) -> None:
    if not all(type(value) is int for value in (rate_hz, width, channels)):
        raise BadRequestError("The audio's rate, width and channels must be whole numbers.")
    if rate_hz not in RATES_HZ:
        raise BadRequestError(f"The audio's rate is {rate_hz} Hz; send {RATES_HZ.start} to {RATES_HZ.stop - 1} Hz.")
    if width not in WIDTHS:
        raise BadRequestError(f"The audio's samples have {width} bytes; send 1 to 4.")
    if not 1 <= channels <= MAX_CHANNELS:
        raise BadRequestError(f"The audio has {channels} channels; send 1 to {MAX_CHANNELS}.")


def _to_float(pcm: bytes, width: int) -> Samples:
    if width == 1:
        return (np.frombuffer(pcm, np.uint8).astype(np.float32) - 128.0) / 128.0
    if width == 2:
        return np.frombuffer(pcm, "<i2").astype(np.float32) / 32768.0
    if width == 3:
        padded = np.zeros((len(pcm) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(pcm, np.uint8).reshape(-1, 3)
        return padded.view("<i4").ravel().astype(np.float32) / 2147483648.0
    return np.frombuffer(pcm, "<i4").astype(np.float32) / 2147483648.0
