"""What the guarded profile adds to upstream's decision: before it, what may be believed; after it, what may be done."""
