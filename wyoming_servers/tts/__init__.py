"""Text-to-speech: from a reply, as it is written, to audio."""
