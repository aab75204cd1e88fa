"""What valid manifests probably do not mean: rules over all manifests that are given together, each one documented."""
