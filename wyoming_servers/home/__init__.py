"""What the assistant knows of the house, however it is reached."""
