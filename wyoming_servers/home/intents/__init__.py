"""What the demo house does for each intent: a small function each, in one table."""
