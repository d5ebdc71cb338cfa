"""Models that can be fetched: which there are, which are wanted, and how they come to where the engines look."""
