"""Policy files and folders into policies. A bad one is refused alone; on a reload its last good version stays in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from autoscaler.config.documents import read_file, scan, source_name
from autoscaler.config.hpa import HPA_KIND, ReadOptions
from autoscaler.config.policy_files import Candidate, PolicySource, policy_files, read_policies
from autoscaler.model.errors import Fault
from autoscaler.model.policy import PolicyKey, ScalingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReading:
    """What one file said, and the content it said it by."""

    digest: bytes
    options: ReadOptions
    sound: tuple[Candidate, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicies:
    """The policies in force, in the order of their files, and what is wrong with the others.

    ``kept`` names those whose file is now faulty and whose last good version stays in force. ``files`` remembers what
    each file said, so that a reload parses only what changed.
    """

    policies: tuple[ScalingPolicy, ...] = ()
    faults: tuple[Fault, ...] = ()
    sources: Mapping[PolicyKey, PolicySource] = field(default_factory=dict)
    kept: tuple[PolicyKey, ...] = ()
    files: Mapping[Path, FileReading] = field(default_factory=dict, repr=False, compare=False)


def load_policies(paths: Sequence[Path], options: ReadOptions | None = None) -> LoadedPolicies:
    """Load what is sound under ``paths`` and tell what is not. Never raises for what files hold."""
    return reload(LoadedPolicies(), paths, options)


def reload(previous: LoadedPolicies, paths: Sequence[Path], options: ReadOptions | None = None) -> LoadedPolicies:
    """Load again. A policy that was in force and whose file is now faulty stays as it was, until the file is sound.

    A file that vanished from a folder takes its policies with it. Of two policies that claim one name or one target,
    the one already in force wins, else the first.
    """
    files, faults = _read_all(paths, options or ReadOptions(), previous.files)
    candidates = [candidate for reading in files.values() for candidate in reading.sound]
    faults += [fault for reading in files.values() for fault in reading.faults]
    chosen, rivals = settle(candidates, previous)
    kept = _keep(previous, chosen, [*faults, *rivals])
    found = [*chosen, *kept]
    return LoadedPolicies(
        policies=tuple(candidate.policy for candidate in found),
        faults=(*faults, *rivals),
        sources={candidate.policy.key: candidate.source for candidate in found},
        kept=tuple(candidate.policy.key for candidate in kept),
        files=files,
    )


def _read_all(
    paths: Sequence[Path], options: ReadOptions, known: Mapping[Path, FileReading]
) -> tuple[dict[Path, FileReading], list[Fault]]:
    """Read every file once; give what each said, and the faults of paths rather than of files."""
    readings: dict[Path, FileReading] = {}
    faults: list[Fault] = []
    for path in paths:
        try:
            files = {file.resolve(): file for file in policy_files(path)}
        except OSError as error:
            faults.append(Fault(what=f"cannot be searched: {error.strerror}", source=str(path)))
            continue
        for real, file in files.items():
            if real not in readings:
                readings[real] = _read_file(file, options, known.get(real))
        if not any(readings[real].sound or readings[real].faults for real in files):
            hint = "name a file or folder that holds a policy"
            faults.append(Fault(what=f"holds no {HPA_KIND}", source=str(path), hint=hint))
    return readings, faults


def _read_file(file: Path, options: ReadOptions, known: FileReading | None) -> FileReading:
    content = read_file(file)
    if isinstance(content, Fault):
        return FileReading(digest=b"", options=options, sound=(), faults=(content,))
    digest = blake2b(content, digest_size=16).digest()
    if known is not None and (known.digest, known.options) == (digest, options):
        return known
    sound, faults = read_policies(scan(content, source_name(file)), options)
    return FileReading(digest=digest, options=options, sound=tuple(sound), faults=tuple(faults))


def settle(candidates: Sequence[Candidate], previous: LoadedPolicies) -> tuple[list[Candidate], list[Fault]]:
    """Choose among candidates that claim the same name or the same target."""
    in_force = {(key, source.file) for key, source in previous.sources.items()}
    by_right = sorted(candidates, key=lambda one: (one.policy.key, one.source.file) not in in_force)
    names: dict[PolicyKey, Candidate] = {}
    targets: dict[tuple[str, str, str, str], Candidate] = {}
    faults: list[Fault] = []
    for candidate in by_right:
        policy, source = candidate.policy, candidate.source
        target = _target(policy)
        if (rival := names.get(policy.key)) is not None:
            what, hint = f"policy {policy.key} is already defined at {rival.source}", "give one of them another name"
            faults.append(_claim(source, "metadata.name", what, hint))
        elif (rival := targets.get(target)) is not None:
            what = f"{policy.target.kind} {policy.key.namespace}/{policy.target.name} is already scaled by policy "
            what += f"{rival.policy.key} ({rival.source})"
            hint = "two policies on one target fight each other: join their metrics in one policy"
            faults.append(_claim(source, "spec.scaleTargetRef", what, hint))
        else:
            names[policy.key] = targets[target] = candidate
    return [candidate for candidate in candidates if names.get(candidate.policy.key) is candidate], faults


def _claim(source: PolicySource, path: str, what: str, hint: str) -> Fault:
    return Fault(what=what, source=source.file, line=source.document.line_of(path), path=path, hint=hint)


def _target(policy: ScalingPolicy) -> tuple[str, str, str, str]:
    """Identify what is scaled; versions of one API group serve the same object."""
    group, _, _ = policy.target.api_version.rpartition("/")
    return policy.key.namespace, group, policy.target.kind, policy.target.name


def _keep(previous: LoadedPolicies, chosen: Sequence[Candidate], faults: Sequence[Fault]) -> list[Candidate]:
    """Find the policies in force whose file is faulty now and which nothing sound replaces."""
    faulty = {fault.source for fault in faults}
    names = {candidate.policy.key for candidate in chosen}
    targets = {_target(candidate.policy) for candidate in chosen}
    return [
        Candidate(policy, previous.sources[policy.key])
        for policy in previous.policies
        if _is_below(previous.sources[policy.key].file, faulty)
        and policy.key not in names
        and _target(policy) not in targets
    ]


def _is_below(file: str, faulty: set[str]) -> bool:
    """Tell whether the file, or a folder that holds it, could not be read well."""
    return file in faulty or any(str(folder) in faulty for folder in Path(file).parents)
