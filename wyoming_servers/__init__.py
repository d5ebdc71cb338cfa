"""Sotto's Wyoming servers: wake word, speech-to-text, conversation and text-to-speech for Home Assistant."""

__version__ = "0.1.0"
