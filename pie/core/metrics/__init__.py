"""The field's metrics, over measured pairs, with their intervals."""
