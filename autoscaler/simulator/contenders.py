"""Policies to be compared, read from files and folders, each under a name that fits into a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autoscaler.config.documents import scan_file
from autoscaler.config.hpa import ReadOptions, is_policy
from autoscaler.config.policies import load_policies
from autoscaler.config.policy_files import expand, policy_files
from autoscaler.model.controller_config import Gates
from autoscaler.model.errors import Fault, InvalidPolicyError
from autoscaler.simulator.jobs import Contender


def read_contenders(paths: Sequence[Path], gates: Gates) -> tuple[Contender, ...]:
    """Read every policy: its name is its file's, followed by its own where a file holds several.

    Raises:
        InvalidPolicyError: a file cannot be used, or there is no policy at all.
    """
    faults: list[Fault] = []
    found: list[Contender] = []
    for file in [file for path in paths for file in _files(path)]:
        loaded = load_policies([file], ReadOptions(gates=gates))
        faults += loaded.faults
        for policy in loaded.policies:
            name = file.stem if len(loaded.policies) == 1 else f"{file.stem}/{policy.key.name}"
            found.append(Contender(name=unused(name, [other.name for other in found]), policy=policy))
    if not found and not faults:
        hint = "a policy is a HorizontalPodAutoscaler"
        faults.append(Fault(what="no policies in it", source=str(paths[0]) if paths else "", hint=hint))
    if faults:
        raise InvalidPolicyError(faults)
    return tuple(found)


def unused(name: str, taken: Sequence[str]) -> str:
    """Give ``name``, numbered where it is taken."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free


def _files(path: Path) -> list[Path]:
    """Give a file itself, or those files of a folder that hold policies or cannot be read."""

    def holds_policy(file: Path) -> bool:
        scanned = scan_file(file)
        return bool(scanned.faults) or any(is_policy(p.value) for each in scanned.documents for p in expand(each))

    return [file for file in policy_files(path) if holds_policy(file)] if path.is_dir() else [path]
