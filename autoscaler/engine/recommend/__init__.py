"""What the metrics ask for: one proposal for each metric, and the one that wins."""
