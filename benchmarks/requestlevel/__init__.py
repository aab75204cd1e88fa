"""How fast single requests are played, beside what others take for the same queue."""
