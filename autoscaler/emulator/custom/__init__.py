"""Custom resources: their definitions, and what a definition's schema fills in, drops and refuses."""
