"""Memory: what there is, what models need, and who gives way when it runs short."""
