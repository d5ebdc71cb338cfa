"""What may go wrong with an assistant, a file for each: how it is noticed, how it is told, and what helps."""
