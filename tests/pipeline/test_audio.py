"""What a server spoke, as one stream and as a file."""

from __future__ import annotations

import io
import wave

from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.pipeline.audio import MONO, Audio, AudioFormat, joined

RATES_HZ = st.sampled_from([8_000, 16_000, 22_050, 48_000])
FORMATS = st.builds(AudioFormat, RATES_HZ, st.sampled_from([1, 2, 3, 4]), st.sampled_from([1, 2]))


@given(form=FORMATS, frames=st.lists(st.integers(0, 50), max_size=5))
def test_a_file_has_every_sample_of_every_piece_in_order(form: AudioFormat, frames: list[int]) -> None:
    pieces = [Audio(bytes([number]) * count * form.frame_bytes, form) for number, count in enumerate(frames)]
    whole = joined(pieces)
    assert whole.format == (form if pieces else MONO)
    assert whole.seconds == sum(frames) / whole.format.rate
    with wave.open(io.BytesIO(whole.wav()), "rb") as file:
        assert file.readframes(file.getnframes()) == b"".join(piece.pcm for piece in pieces)
        read = AudioFormat(file.getframerate(), file.getsampwidth(), file.getnchannels())
    assert read == whole.format
