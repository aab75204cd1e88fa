"""Kubernetes over HTTP: watch caches, the scale subresource, the metrics APIs, events."""
