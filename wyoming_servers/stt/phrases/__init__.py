"""What the `phrases` engine knows of language: a home's sentences, how they sound, and which one was meant."""
