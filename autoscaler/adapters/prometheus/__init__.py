"""Prometheus: past traffic, for traces."""
