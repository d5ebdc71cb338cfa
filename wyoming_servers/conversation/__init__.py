"""From what was said to intents for Home Assistant, or an answer."""
