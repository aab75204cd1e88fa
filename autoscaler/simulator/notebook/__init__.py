"""The simulator for notebooks and scripts: what `autoscaler.simulate` does and gives. Needs the extra ``notebooks`` for frames and plots."""
