"""The HTTP side of the API server: from a request to the store and back."""
