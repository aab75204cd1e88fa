"""Thin commands: parse, call, print. Each command has its own file, which is imported when the command is used."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code; the entry point of the `autoscaler` program."""
    from autoscaler.cli.app import run

    sys.exit(run(sys.argv[1:]))
