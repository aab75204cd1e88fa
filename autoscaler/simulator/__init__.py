"""The other driver: a discrete-event world in virtual time."""
