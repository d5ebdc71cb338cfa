"""Language models, one file each, imported when they are chosen."""
