"""Text-to-speech engines, imported when they are chosen."""
