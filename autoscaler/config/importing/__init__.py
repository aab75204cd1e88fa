"""Policies of other autoscalers as ScalingPolicies, with a list of everything in them that has no equal."""
