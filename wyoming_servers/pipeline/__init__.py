"""Home Assistant's Assist pipeline, where there is none: a turn goes through a running server stage by stage."""
