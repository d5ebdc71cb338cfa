"""What the `whisper` engine decides around its model: which one, how it is asked, and when it is believed."""
