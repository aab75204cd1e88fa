"""A simulated cluster behind the real Kubernetes wire protocol."""
