"""Checks files before they are used: policies, scenarios and traces, each alone and the policies together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from autoscaler.config.documents import Document, Scan, scan_file
from autoscaler.config.hpa import ReadOptions, is_policy
from autoscaler.config.lint.finding import Finding, Severity
from autoscaler.config.lint.manifests import Manifest, manifest_of
from autoscaler.config.lint.rules import lint
from autoscaler.config.lint.scalers import hpa_of
from autoscaler.config.lint.surroundings import is_related, surroundings_of
from autoscaler.config.policy_files import Candidate, expand, policy_files, read_policies
from autoscaler.config.suggestions import did_you_mean
from autoscaler.model.errors import Fault, InvalidInputError
from autoscaler.model.policy import PrometheusMetric

_TRACE_SUFFIXES: Final = frozenset({".csv", ".tsv"})
_ANSWER_MARKS: Final = (b'"metric"', b'"values"')  #: what a range answer of Prometheus shows within its first bytes
_SNIFFED: Final = 4_096  #: [bytes]
_SCENARIO_FIELDS: Final = frozenset({"traffic", "service", "workers", "duration", "pods", "slo"})


@dataclass(slots=True)
class Report:
    """What was found, by file and line, and what was looked at."""

    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    policies: int = 0
    scenarios: int = 0
    traces: int = 0
    related: int = 0  #: documents of kinds that the rules look at beside the policies
    passed_over: int = 0  #: documents of kinds that are none of our business

    def count(self, severity: Severity) -> int:
        """Count the findings of that severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def add(self, severity: Severity, faults: Iterable[Fault]) -> None:
        """Add findings."""
        self.findings += [Finding(severity=severity, fault=fault) for fault in faults]


@dataclass(frozen=True, slots=True)
class _Read:
    """What the files of one check hold for the rules to compare."""

    candidates: list[Candidate] = field(default_factory=list)
    manifests: list[Manifest] = field(default_factory=list)


def check_files(
    paths: Sequence[Path],
    options: ReadOptions | None = None,
    *,
    ignored_rules: Collection[str] = (),
    datasources: Collection[str] | None = None,
) -> Report:
    """Check every file under ``paths``, each alone and all together. Never raises for what files hold.

    ``datasources``: those that the settings name, where they are known.
    """
    report, read, reading = Report(), _Read(), options or ReadOptions()
    seen: dict[Path, int] = {}
    for path in paths:
        try:
            files = policy_files(path)
        except OSError as error:
            report.add(Severity.ERROR, [Fault(what=f"cannot be searched: {error.strerror}", source=str(path))])
            continue
        for file in files:
            if file.resolve() not in seen:
                seen[file.resolve()] = len(seen)
                _check_file(file, reading, report, read)
    hpas = [hpa_of(one.policy, manifest_of(one.source.document, one.policy.key.namespace)) for one in read.candidates]
    if datasources is not None:
        report.add(Severity.ERROR, unknown_datasources(read.candidates, datasources))
    report.findings += lint(surroundings_of(hpas, read.manifests), ignored_rules)
    report.findings.sort(key=lambda found: (seen.get(Path(found.fault.source).resolve(), 0), found.fault.line or 0))
    return report


def unknown_datasources(candidates: Iterable[Candidate], known: Collection[str]) -> Iterator[Fault]:
    """Find metrics that name a datasource which the settings do not have."""
    for one in candidates:
        document = one.source.document
        for index, metric in enumerate(one.policy.metrics):
            if isinstance(metric, PrometheusMetric) and metric.datasource not in known:
                path = f"spec.metrics[{index}].prometheus.datasource"
                what = f"the settings have no datasource {metric.datasource}"
                hint = did_you_mean(metric.datasource, known) or "define it under `datasources:` in the settings"
                yield Fault(what=what, source=document.source, line=document.line_of(path), path=path, hint=hint)


def _check_file(file: Path, options: ReadOptions, report: Report, read: _Read) -> None:
    report.files += 1
    if _holds_trace(file):
        _check_trace(file, report)
        return
    scan = scan_file(file)
    scenarios = [document for document in scan.documents if _is_scenario(document)]
    rest = tuple(document for document in scan.documents if document not in scenarios)
    for document in scenarios:
        _check_scenario(document, report)
    candidates, faults = read_policies(Scan(documents=rest, faults=scan.faults), options)
    report.add(Severity.ERROR, faults)
    read.candidates.extend(candidates)
    for part in (part for document in rest for part in expand(document)):
        if is_policy(part.value):
            report.policies += 1
        elif isinstance(part.value, dict) and "kind" in part.value:
            _look_at(manifest_of(part, options.namespace), report, read)
        else:
            what, hint = "is neither a manifest nor a scenario", "a manifest has `kind:`, a scenario has `traffic:`"
            report.add(Severity.ERROR, [Fault(what=what, source=part.source, line=part.line, hint=hint)])
    if not scan.documents and not scan.faults:
        report.add(Severity.WARNING, [Fault(what="the file is empty", source=str(file))])


def _holds_trace(file: Path) -> bool:
    """Tell a trace, which may be an answer of Prometheus, from other files; one that cannot be read is none."""
    if file.suffix.lower() != ".json":
        return file.suffix.lower() in _TRACE_SUFFIXES
    try:
        with file.open("rb") as content:
            begin = content.read(_SNIFFED)
    except OSError:
        return False
    return all(mark in begin for mark in _ANSWER_MARKS)


def _look_at(manifest: Manifest, report: Report, read: _Read) -> None:
    if is_related(manifest):
        report.related += 1
        read.manifests.append(manifest)
    else:
        report.passed_over += 1


def _check_scenario(document: Document, report: Report) -> None:
    from autoscaler.config.scenario import scenario_from
    from autoscaler.config.scenario.whole import files_of, misfits

    report.scenarios += 1
    try:
        scenario = scenario_from(document)
    except InvalidInputError as error:
        report.add(Severity.ERROR, error.faults)
        return
    for path, name in files_of(scenario):
        file = Path(document.source).parent / name
        if not file.exists():
            hint = "the path counts from the scenario's folder"
            report.add(Severity.WARNING, [_at(document, path, f"no such file: {file}", hint)])
    hint = "give a pool larger nodes, or the pod smaller requests"
    report.add(Severity.WARNING, [_at(document, path, what, hint) for path, what in misfits(scenario)])


def _at(document: Document, path: str, what: str, hint: str) -> Fault:
    return Fault(what=what, source=document.source, line=document.line_of(path), path=path, hint=hint)


def _check_trace(file: Path, report: Report) -> None:
    from autoscaler.config.spot_traces import is_spot_trace, load_spot_trace
    from autoscaler.config.traces import load_trace

    report.traces += 1
    try:
        if is_spot_trace(file):
            load_spot_trace(file)
            return
        trace = load_trace(file)
    except InvalidInputError as error:
        report.add(Severity.ERROR, error.faults)
        return
    report.add(
        Severity.WARNING, [Fault(what=f"repaired on reading: {repair}", source=str(file)) for repair in trace.repairs]
    )


def _is_scenario(document: Document) -> bool:
    value = document.value
    return isinstance(value, dict) and "kind" not in value and bool(_SCENARIO_FIELDS & value.keys())
