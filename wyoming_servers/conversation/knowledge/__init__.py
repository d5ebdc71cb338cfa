"""The household's own documents: read, cut into passages, found again, and quoted only where they answer."""
