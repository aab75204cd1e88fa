"""`python -m autoscaler`: the same as the `autoscaler` program."""

from autoscaler.cli import main

main()
