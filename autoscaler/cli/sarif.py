"""Findings as a SARIF 2.1.0 log, which code hosts show beside the lines of a change.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, sections 3.13, 3.19, 3.27, 3.49.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import quote

from autoscaler.config.lint.finding import Finding
from autoscaler.config.lint.rules import RULES_BY_NAME
from autoscaler.model.json_types import JsonObject

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_VALIDATION = "validation"  #: the rule of findings that are no lint rule's: the API server's words, and ours for files


def sarif_log(findings: Sequence[Finding], version: str) -> JsonObject:
    """Give the log of one run; only rules that found something are described."""
    found = dict.fromkeys(finding.rule or _VALIDATION for finding in findings)
    driver = {"name": "autoscaler check", "version": version, "rules": [_rule(name) for name in found]}
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in findings]}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> JsonObject:
    rule = RULES_BY_NAME.get(name)
    if rule is None:
        return {"id": name, "shortDescription": {"text": "A file that cannot be used, or not as it was meant."}}
    return {
        "id": name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": str(rule.severity)},
    }


def _result(finding: Finding) -> JsonObject:
    fault = finding.fault
    text = ": ".join(part for part in (fault.path, fault.what) if part)
    artifact = {"artifactLocation": {"uri": quote(PurePath(fault.source).as_posix())}}
    region = {} if fault.line is None else {"region": {"startLine": fault.line}}
    return {
        "ruleId": finding.rule or _VALIDATION,
        "level": str(finding.severity),
        "message": {"text": f"{text} ({fault.hint})" if fault.hint else text},
        "locations": [{"physicalLocation": artifact | region}],
    }
