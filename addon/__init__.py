"""Runs Sotto's servers as a Home Assistant app."""
