"""Runs Sotto's servers as a Home Assistant app: options, discovery and health, as the Supervisor wants them."""
