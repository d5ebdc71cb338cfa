"""Measures what Sotto claims, side by side with what a user would take instead."""
