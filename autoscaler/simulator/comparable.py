"""Files of trials to be compared: are they of the same experiment, and which runs can be paired?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from autoscaler.model.errors import Fault, InvalidInputError
from autoscaler.model.json_types import JsonValue
from autoscaler.simulator.naming import distinct
from autoscaler.simulator.records import SCHEMA, TrialsRecord
from autoscaler.simulator.sample import Sample

_HINT: Final = "compare what `autoscaler simulate ... -o json` wrote"
_FAMILY: Final = SCHEMA.rpartition("/")[0]
_ABSENT: Final = "nothing"


@dataclass(frozen=True, slots=True)
class TrialsFile:
    """A record and where it was read from."""

    path: Path
    record: TrialsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Samples over the seeds that all files share. ``differs``: what keeps the files from being of one experiment."""

    samples: tuple[Sample, ...]
    seeds: tuple[int, ...]
    differs: tuple[str, ...]
    notes: tuple[str, ...]


def read_trials(path: Path) -> TrialsFile:
    """Read a file that ``simulate -o json`` wrote.

    Raises:
        InvalidInputError: it cannot be read, or is not such a file, or of a version not known here.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refused(path, f"cannot read it: {error.strerror}", "is the path right?") from error
    try:
        named = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise _refused(path, f"is no JSON: {error}", _HINT) from error
    schema = named.get("schema") if isinstance(named, dict) else None
    if not isinstance(schema, str) or schema.rpartition("/")[0] != _FAMILY:
        raise _refused(path, "holds no trials: `schema` is not " + SCHEMA, _HINT)
    if schema != SCHEMA:
        raise _refused(path, f"is written as {schema}; this version reads {SCHEMA}", "run `simulate` again")
    try:
        return TrialsFile(path, msgspec.convert(named, TrialsRecord))
    except msgspec.ValidationError as error:
        raise _refused(path, f"holds no trials: {error}", _HINT) from error


def match(files: Sequence[TrialsFile]) -> Matched:
    """Pair the runs of several files, the first policy of the first file being the one to compare with.

    Raises:
        InvalidInputError: no seed is in all files, or a file holds no complete run.
    """
    first = files[0]
    for file in files:
        if not any(run.complete for policy in file.record.policies for run in policy.runs):
            raise _refused(file.path, "holds no complete run", "run `simulate` again, and let it end")
    seeds = [seed for seed in first.record.seeds if all(seed in file.record.seeds for file in files)]
    if not seeds:
        listed = "; ".join(f"{file.path.name} has {_listed(file.record.seeds)}" for file in files)
        raise _refused(
            files[1].path, f"no seed is in all files: {listed}", "give both runs the same --seed and --seeds"
        )
    differs = [text for file in files[1:] for text in _differences(first, file)]
    return Matched(
        samples=tuple(_samples(files, seeds)),
        seeds=tuple(seeds),
        differs=tuple(differs),
        notes=tuple(_notes(files, seeds)),
    )


def _refused(path: Path, what: str, hint: str) -> InvalidInputError:
    return InvalidInputError([Fault(what=what, source=str(path), hint=hint)])


def _samples(files: Sequence[TrialsFile], seeds: Sequence[int]) -> list[Sample]:
    """Give every policy over the shared seeds; references, which are the same everywhere, of the first file only, last."""
    names = Counter(p.policy for file in files for p in file.record.policies if not p.reference)
    stems = Counter(path.stem for path in {file.path for file in files})
    found: list[Sample] = []
    for file in files:
        origin = file.path.stem if stems[file.path.stem] == 1 else str(file.path)
        for policy in file.record.policies:
            if policy.reference and file is not files[0]:
                continue
            sample = policy.sample()
            runs = {seed: sample.runs[seed] for seed in seeds if seed in sample.runs}
            name = f"{policy.policy} ({origin})" if names[policy.policy] > 1 else policy.policy
            served = "jobs" if file.record.scenario.settings.get("workers") else "requests"
            found.append(replace(sample, policy=name, runs=runs, served=served))
    found.sort(key=lambda sample: sample.is_reference)
    given = distinct(sample.policy for sample in found)
    return [replace(sample, policy=name) for sample, name in zip(found, given, strict=True)]


def _differences(one: TrialsFile, other: TrialsFile) -> Iterator[str]:
    """Name what differs between two experiments."""
    ours, theirs = one.record.scenario, other.record.scenario
    if ours.digest == theirs.digest:
        return
    names = one.path.name, other.path.name
    if ours.traffic != theirs.traffic and ours.duration_s == theirs.duration_s:
        yield f"the traffic of {names[0]} is not that of {names[1]}"
    settings = (
        {"duration_s": ours.duration_s, "fidelity": ours.fidelity, **_flat(ours.settings)},
        {"duration_s": theirs.duration_s, "fidelity": theirs.fidelity, **_flat(theirs.settings)},
    )
    for key in sorted(settings[0].keys() | settings[1].keys()):
        values = [side.get(key, _ABSENT) for side in settings]
        if values[0] != values[1]:
            yield f"{key} is {values[0]} in {names[0]} and {values[1]} in {names[1]}"


def _flat(value: JsonValue, path: str = "") -> dict[str, JsonValue]:
    """Give nested values as one mapping, by their paths."""
    match value:
        case dict():
            parts = [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
        case list():
            parts = [(f"{path}[{i}]", item) for i, item in enumerate(value)]
        case _:
            return {path: value}
    return {key: item for where, part in parts for key, item in _flat(part, where).items()}


def _notes(files: Sequence[TrialsFile], seeds: Sequence[int]) -> Iterator[str]:
    if any(set(file.record.seeds) != set(seeds) for file in files):
        listed = "; ".join(f"{file.path.name} has {_listed(file.record.seeds)}" for file in files)
        yield f"only the seeds that all files have are compared, {_listed(seeds)}: {listed}"
    for file in files:
        if not file.record.complete:
            yield f"{file.path.name} was interrupted; only its complete runs are compared"
    releases = {file.record.kubernetes_version: file.path.name for file in files}
    if len(releases) > 1:
        listed = ", ".join(f"{release} in {name}" for release, name in releases.items())
        yield f"policies follow the rules of different Kubernetes releases: {listed}"


def _listed(seeds: Sequence[int]) -> str:
    """Write seeds as people do: ``1 to 20`` where none is left out."""
    ordered = sorted(seeds)
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{ordered[0]} to {ordered[-1]}"
    return ", ".join(str(seed) for seed in ordered)
