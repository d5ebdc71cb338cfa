"""What a language model may say and do: calls written as text are found, and nothing is claimed that did not happen."""
