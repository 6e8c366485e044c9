"""`pie finetune`: the options of its commands."""
