"""What the rules allow of a recommendation: stabilization windows, rate rules, bounds."""
