"""What a rule is: a small function over one scaler in its surroundings, whose docstring is its documentation.

The docstring's first line says what is found. Then come ``Why:`` (what follows from it), ``Fix:`` (the general advice) and
the examples ``Bad:`` and ``Good:``, which the tests run.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from autoscaler.config.lint.finding import Finding, Note, Severity
from autoscaler.config.lint.manifests import Manifest
from autoscaler.config.lint.scalers import Hpa, Scaler
from autoscaler.config.lint.surroundings import Surroundings
from autoscaler.model.errors import Fault

_PARTS: Final = ("Why", "Fix", "Bad", "Good")
_PART: Final = re.compile(rf"^({'|'.join(_PARTS)}):[ \t]*\n?", re.MULTILINE)

Notes = Iterator[Note]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. ``name`` is what findings, `--ignore` and the documentation call it."""

    name: str
    topic: str  #: name of the file that holds it
    severity: Severity
    summary: str
    why: str
    fix: str
    bad: str
    good: str
    apply: Callable[[Scaler, Surroundings], Notes]

    def findings(self, around: Surroundings) -> Iterator[Finding]:
        """Give what the rule finds, leaving out what annotations switch off."""
        for scaler in around.scalers:
            for note in self.apply(scaler, around):
                manifest = note.manifest or scaler.manifest
                if self.name not in manifest.ignored | scaler.manifest.ignored:
                    yield self._finding(note, manifest)

    def _finding(self, note: Note, manifest: Manifest) -> Finding:
        document = manifest.document
        line, hint = document.line_of(note.path), note.fix or self.fix
        fault = Fault(what=note.what, source=document.source, line=line, path=note.path, hint=hint)
        return Finding(severity=self.severity, fault=fault, rule=self.name, why=self.why)


def for_scaler(check: Callable[[Scaler, Surroundings], Notes], severity: Severity = Severity.WARNING) -> Rule:
    """Make a rule of a function that looks at HPAs and ScaledObjects alike."""
    parts = _parts(inspect.getdoc(check) or "")
    return Rule(
        name=check.__name__.replace("_", "-"),
        topic=check.__module__.rpartition(".")[2],
        severity=severity,
        summary=parts.get("", ""),
        why=parts.get("Why", ""),
        fix=parts.get("Fix", ""),
        bad=parts.get("Bad", ""),
        good=parts.get("Good", ""),
        apply=check,
    )


def for_hpa(check: Callable[[Hpa, Surroundings], Notes], severity: Severity = Severity.WARNING) -> Rule:
    """Make a rule of a function that looks at HPAs only."""

    def apply(scaler: Scaler, around: Surroundings) -> Notes:
        if isinstance(scaler, Hpa):
            yield from check(scaler, around)

    return for_scaler(functools.update_wrapper(apply, check), severity)


def _parts(text: str) -> dict[str, str]:
    """Cut a docstring at its headings; prose is joined to one line, examples keep their lines."""
    first, *rest = _PART.split(text)
    parts = {"": " ".join(first.split())}
    for heading, body in zip(rest[::2], rest[1::2], strict=True):
        parts[heading] = inspect.cleandoc(f"\n{body}") if heading in ("Bad", "Good") else " ".join(body.split())
    return parts
