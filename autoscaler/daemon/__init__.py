"""The live driver: turns instructions into I/O and the answers into events."""
