"""What a model is trained on: pairs as prompt and completion, rendered as they are in sampling."""
