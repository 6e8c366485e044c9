"""`pie finetune`: rows and preferences to train on, and the training itself."""
