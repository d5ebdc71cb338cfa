"""Turns: one utterance's identity through the stages, with a timing for each."""
