"""Speech-to-text: voice activity, endpointing, recognition."""
