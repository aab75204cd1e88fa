"""What the linter finds in a text, and texts to look at, for the tests of its rules."""

from __future__ import annotations

from pathlib import Path

from autoscaler.config.check import check_files
from autoscaler.config.lint.examples import whole_manifests

REQUESTS = "resources: {requests: {cpu: 1}}"
SCALED_OBJECT = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"


def written(tmp_path: Path, text: str) -> Path:
    """Write a file of manifests."""
    file = tmp_path / "f.yaml"
    file.write_text(text)
    return file


def found(tmp_path: Path, text: str) -> list[str]:
    """The findings of one file: line, rule and what, in order."""
    file = written(tmp_path, text)
    place = f"{file}:"
    return [
        f"{finding.fault.line}: {finding.rule}: {finding.fault.what}".replace(place, "f:")
        for finding in check_files([file]).findings
    ]


def rules_of(tmp_path: Path, example: str) -> list[str]:
    """Names of the rules that an example in short form offends."""
    return [line.split(": ")[1] for line in found(tmp_path, whole_manifests(example))]


def quota(hard: str, more: str = "") -> str:
    """A ResourceQuota with these limits, and more in its spec."""
    return f"apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q}}\nspec: {{hard: {{{hard}}}{more}}}\n"
