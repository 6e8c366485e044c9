"""`pie generate`: from the user's settings to a model's answers, each kept as it arrives."""
