"""How families of models read a conversation and write calls."""
