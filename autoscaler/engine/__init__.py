"""Verbs: pure functions from policy, observation and memory to a decision."""
