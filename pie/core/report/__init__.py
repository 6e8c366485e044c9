"""What a run says: tables of metrics, errors and the human upper bound."""
