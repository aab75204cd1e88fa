"""The control loop without I/O: events in, instructions out."""
