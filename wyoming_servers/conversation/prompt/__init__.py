"""What a language model is told: tools, manners and the home as a prefix that stays; what is true now at its end."""
