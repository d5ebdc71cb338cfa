"""The command `sotto`: runs the servers, and talks to running ones as Home Assistant would."""
