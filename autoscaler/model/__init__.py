"""Nouns: frozen values and their invariants. Imports nothing of ours and does nothing."""
