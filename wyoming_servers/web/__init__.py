"""The web page: what runs, what was heard, models, documents, and a place to try it."""
