"""The simulator at request level: every request arrives, waits, is served or fails on its own."""
