"""Measurements, each side by side with what it is compared to. `python -m benchmarks.NAME [--quick] [--json FILE]`."""
