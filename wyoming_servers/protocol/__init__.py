"""What every Wyoming server shares: the connection with its limits, and audio conversion."""
