"""What turns text into vectors, here or elsewhere."""
