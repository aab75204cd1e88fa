"""The rules of each built-in kind: what is filled in, what is refused. Metadata is judged elsewhere, for all kinds alike."""
