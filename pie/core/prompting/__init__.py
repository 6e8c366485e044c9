"""From a row and a strategy to the prompt, with the examples that fit."""
