"""The tests. A regular package, so that it comes before the one of the same name that Ciw installs beside its own."""
