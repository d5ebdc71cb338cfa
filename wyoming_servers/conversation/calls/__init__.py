"""The calls of a language model, made right before Home Assistant sees them."""
