"""Prometheus: what policies ask now (``datasources``), and past traffic for traces (``history``)."""
