"""A language model behind an OpenAI-compatible endpoint: what is sent, what comes back, and what goes wrong."""
