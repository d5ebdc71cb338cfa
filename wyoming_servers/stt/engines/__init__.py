"""Speech-to-text engines, imported when they are chosen."""
