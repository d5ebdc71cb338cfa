"""Wake word engines, imported when they are chosen."""
