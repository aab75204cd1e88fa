"""Policies to be compared, read from files and folders, each under a name that fits into a table.

One file or folder is a set: in a scenario of several workloads, those of its policies that name a workload beside the main
one scale that, whichever of the set's other policies is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autoscaler.config.documents import scan_file
from autoscaler.config.hpa import ReadOptions, is_policy
from autoscaler.config.policies import load_policies
from autoscaler.config.policy_files import expand, policy_files
from autoscaler.config.scenario import Target
from autoscaler.model.controller_config import Gates
from autoscaler.model.errors import Fault, InvalidPolicyError
from autoscaler.simulator.jobs import Contender
from autoscaler.simulator.naming import distinct
from autoscaler.simulator.simulation import is_for


def read_contenders(paths: Sequence[Path], gates: Gates, neighbours: Sequence[Target] = ()) -> tuple[Contender, ...]:
    """Read every policy: its name is its file's, followed by its own where a file holds several for the main workload.

    ``neighbours``: the workloads beside it.

    Raises:
        InvalidPolicyError: a file cannot be used, or a set holds no policy for the main workload.
    """
    faults: list[Fault] = []
    found: list[Contender] = []
    for path in paths:
        contenders, wrong = _read_set(path, gates, neighbours)
        faults += wrong
        found += contenders
    if not found and not faults:
        hint = "a policy is a HorizontalPodAutoscaler"
        faults.append(Fault(what="no policies in it", source=str(paths[0]) if paths else "", hint=hint))
    if faults:
        raise InvalidPolicyError(faults)
    return renamed(found)


def with_neighbours(contenders: Sequence[Contender], neighbours: Sequence[Target], source: str) -> list[Contender]:
    """Make a set of the policies of ``source``: those for neighbours go beside each of the others.

    Raises:
        InvalidPolicyError: all are for neighbours, or two of them for the same.
    """
    beside = [each.policy for each in contenders if any(is_for(each.policy, target) for target in neighbours)]
    mains = [each for each in contenders if each.policy not in beside]
    if beside and not mains:
        what = f"holds only policies for {' and '.join(each.target.name for each in beside)}"
        hint = "put one for the scenario's main workload beside them"
        raise InvalidPolicyError([Fault(what=what, source=source, hint=hint)])
    names = [each.target.name for each in beside]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        what = f"holds two policies for {' and '.join(twice)}, which is not the workload that is compared"
        raise InvalidPolicyError([Fault(what=what, source=source, hint="keep one of them in each set")])
    return [replace(each, beside=tuple(beside)) for each in mains]


def renamed(contenders: Sequence[Contender]) -> tuple[Contender, ...]:
    """Number names that are taken."""
    names = distinct(each.name for each in contenders)
    return tuple(replace(each, name=name) for each, name in zip(contenders, names, strict=True))


def _read_set(path: Path, gates: Gates, neighbours: Sequence[Target]) -> tuple[list[Contender], list[Fault]]:
    faults: list[Fault] = []
    found: list[Contender] = []
    for file in _files(path):
        loaded = load_policies([file], ReadOptions(gates=gates))
        faults += loaded.faults
        mains = [each for each in loaded.policies if not any(is_for(each, target) for target in neighbours)]
        for policy in loaded.policies:
            name = file.stem if len(mains) == 1 else f"{file.stem}/{policy.key.name}"
            found.append(Contender(name=name, policy=policy))
    return ([], faults) if faults else (with_neighbours(found, neighbours, str(path)), [])


def _files(path: Path) -> list[Path]:
    """Give a file itself, or those files of a folder that hold policies or cannot be read."""

    def holds_policy(file: Path) -> bool:
        scanned = scan_file(file)
        return bool(scanned.faults) or any(is_policy(p.value) for each in scanned.documents for p in expand(each))

    return [file for file in policy_files(path) if holds_policy(file)] if path.is_dir() else [path]
