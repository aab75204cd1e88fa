"""Policy files and folders into policies. A bad one is refused alone; on a reload its last good version stays in force.

A folder is searched, hidden files apart, for .yaml, .yml and .json files. Documents of other kinds, such as the
Deployment beside its HPA, are passed over; a file named by itself must hold at least one policy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from autoscaler.config.documents import Document, scan_file
from autoscaler.config.hpa import HPA_KIND, ReadOptions, is_policy, kind_fault, read_policy
from autoscaler.model.errors import Fault, InvalidPolicyError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import PolicyKey, ScalingPolicy

SUFFIXES: Final = frozenset({".yaml", ".yml", ".json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource:
    """Where a policy was written, and the manifest as it was written there."""

    file: str
    line: int
    manifest: JsonObject = field(repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicies:
    """The policies in force, in the order of their files, and what is wrong with the others.

    ``kept`` names those whose file is now faulty and whose last good version stays in force.
    """

    policies: tuple[ScalingPolicy, ...] = ()
    faults: tuple[Fault, ...] = ()
    sources: Mapping[PolicyKey, PolicySource] = field(default_factory=dict)
    kept: tuple[PolicyKey, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    policy: ScalingPolicy
    source: PolicySource


def load_policies(paths: Sequence[Path], options: ReadOptions | None = None) -> LoadedPolicies:
    """Load what is sound under ``paths`` and tell what is not. Never raises for what files hold."""
    return reload(LoadedPolicies(), paths, options)


def reload(previous: LoadedPolicies, paths: Sequence[Path], options: ReadOptions | None = None) -> LoadedPolicies:
    """Load again. A policy that was in force and whose file is now faulty stays as it was, until the file is sound.

    A file that vanished from a folder takes its policies with it. Of two policies that claim one name or one target,
    the one already in force wins, else the first.
    """
    candidates, faults = _read_all(paths, options or ReadOptions())
    chosen, rivals = _settle(candidates, previous)
    kept = _keep(previous, chosen, [*faults, *rivals])
    found = [*chosen, *kept]
    return LoadedPolicies(
        policies=tuple(candidate.policy for candidate in found),
        faults=(*faults, *rivals),
        sources={candidate.policy.key: candidate.source for candidate in found},
        kept=tuple(candidate.policy.key for candidate in kept),
    )


def _read_all(paths: Sequence[Path], options: ReadOptions) -> tuple[list[_Candidate], list[Fault]]:
    candidates: list[_Candidate] = []
    faults: list[Fault] = []
    contents: dict[Path, bool] = {}  #: files read so far, and whether they hold anything of ours
    for path in paths:
        try:
            files = policy_files(path)
        except OSError as error:
            faults.append(Fault(what=f"cannot be searched: {error.strerror}", source=str(path)))
            continue
        for file in files:
            if file.resolve() not in contents:
                before = len(candidates) + len(faults)
                _read_file(file, options, candidates, faults)
                contents[file.resolve()] = len(candidates) + len(faults) > before
        if not any(contents[file.resolve()] for file in files):
            hint = "name a file or folder that holds a policy"
            faults.append(Fault(what=f"holds no {HPA_KIND}", source=str(path), hint=hint))
    return candidates, faults


def policy_files(path: Path) -> list[Path]:
    """Give the files to read for ``path``: itself, or those of the folder, in the order of their names.

    Raises:
        OSError: the folder cannot be listed.
    """
    if not path.is_dir():
        return [path]
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise error

    for folder, subfolders, names in os.walk(path, onerror=refuse):
        # A mounted ConfigMap holds each file twice: as itself and below a hidden folder.
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found += [
            Path(folder, name) for name in names if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    return sorted(found)


def _read_file(file: Path, options: ReadOptions, candidates: list[_Candidate], faults: list[Fault]) -> None:
    result = scan_file(file)
    found = list(result.faults)
    for document in result.documents:
        for part in expand(document):
            try:
                if is_policy(part.value):
                    candidates.append(_read(part, options))
                elif (fault := kind_fault(part)) is not None:
                    found.append(fault)
            except InvalidPolicyError as error:
                found += error.faults
    faults += sorted(found, key=lambda fault: fault.line or 0)


def expand(document: Document) -> Iterator[Document]:
    """Give the items of a list, as ``kubectl get -o yaml`` prints it, each as a document; else the document itself."""
    value = document.value
    items = value.get("items") if isinstance(value, dict) and str(value.get("kind", "")).endswith("List") else None
    if not isinstance(items, list):
        yield document
        return
    for index, item in enumerate(items):
        place = document.place.descend(("items", index))
        if isinstance(item, dict) and place is not None:
            yield Document(value=item, source=document.source, line=place.line, place=place)


def _read(document: Document, options: ReadOptions) -> _Candidate:
    policy = read_policy(document, options)
    namespace = policy.key.namespace
    if options.namespaces and namespace not in options.namespaces:
        what = f"namespace {namespace} is not one of those to act in: {', '.join(options.namespaces)}"
        line = document.line_of("metadata.namespace")
        raise InvalidPolicyError([Fault(what=what, source=document.source, line=line, path="metadata.namespace")])
    assert isinstance(document.value, dict)
    source = PolicySource(file=document.source, line=document.line, manifest=document.value)
    return _Candidate(policy, source)


def _settle(candidates: Sequence[_Candidate], previous: LoadedPolicies) -> tuple[list[_Candidate], list[Fault]]:
    """Choose among candidates that claim the same name or the same target."""
    in_force = {(key, source.file) for key, source in previous.sources.items()}
    by_right = sorted(candidates, key=lambda one: (one.policy.key, one.source.file) not in in_force)
    names: dict[PolicyKey, _Candidate] = {}
    targets: dict[tuple[str, str, str, str], _Candidate] = {}
    faults: list[Fault] = []
    for candidate in by_right:
        policy, source = candidate.policy, candidate.source
        target = _target(policy)
        if (rival := names.get(policy.key)) is not None:
            what, hint = f"policy {policy.key} is already defined at {rival.source}", "give one of them another name"
            faults.append(Fault(what=what, source=source.file, line=source.line, path="metadata.name", hint=hint))
        elif (rival := targets.get(target)) is not None:
            what = f"{policy.target.kind} {policy.key.namespace}/{policy.target.name} is already scaled by policy "
            what += f"{rival.policy.key} ({rival.source})"
            hint = "two policies on one target fight each other: join their metrics in one policy"
            faults.append(Fault(what=what, source=source.file, line=source.line, path="spec.scaleTargetRef", hint=hint))
        else:
            names[policy.key] = targets[target] = candidate
    return [candidate for candidate in candidates if names.get(candidate.policy.key) is candidate], faults


def _target(policy: ScalingPolicy) -> tuple[str, str, str, str]:
    """Identify what is scaled; versions of one API group serve the same object."""
    group, _, _ = policy.target.api_version.rpartition("/")
    return policy.key.namespace, group, policy.target.kind, policy.target.name


def _keep(previous: LoadedPolicies, chosen: Sequence[_Candidate], faults: Sequence[Fault]) -> list[_Candidate]:
    """Find the policies in force whose file is faulty now and which nothing sound replaces."""
    faulty = {fault.source for fault in faults}
    names = {candidate.policy.key for candidate in chosen}
    targets = {_target(candidate.policy) for candidate in chosen}
    return [
        _Candidate(policy, previous.sources[policy.key])
        for policy in previous.policies
        if _is_below(previous.sources[policy.key].file, faulty)
        and policy.key not in names
        and _target(policy) not in targets
    ]


def _is_below(file: str, faulty: set[str]) -> bool:
    """Tell whether the file, or a folder that holds it, could not be read well."""
    return file in faulty or any(str(folder) in faulty for folder in Path(file).parents)
