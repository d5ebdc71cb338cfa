"""The HTTP door: OpenAI's protocol with Sotto's own additions, health and metrics. Imported when it is opened."""
