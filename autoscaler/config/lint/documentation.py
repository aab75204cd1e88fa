"""Documentation of the rules, from their docstrings: all of them as Markdown, or one for the terminal."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from autoscaler.config.lint.examples import FRAME
from autoscaler.config.lint.manifests import IGNORE_ANNOTATION
from autoscaler.config.lint.rule import Rule
from autoscaler.config.lint.rules import RULES

_INTRODUCTION: Final = f"""\
# What `autoscaler check` finds

`autoscaler check FILES` reads all manifests that are given together (files, folders, or `-` for stdin). Policies go through
the API server's own defaulting and validation, in its words. What passes is then compared with the rules below, and with the
Deployments, StatefulSets, ScaledObjects, VerticalPodAutoscalers, CronJobs, PodDisruptionBudgets, ResourceQuotas, LimitRanges
and Nodes among the files. Manifests of other kinds are counted and otherwise ignored.

An **error** cannot work, or will fight, as it is written: the exit code is 3. A **warning** is valid but probably not meant:
the exit code is 3 with `--strict`. A rule is switched off for a whole check with `--ignore RULE`, and for one manifest with
the annotation `{IGNORE_ANNOTATION}: RULE, RULE`. `autoscaler check --explain RULE` prints what stands here.

The examples are short: a part with `containers` is the pod of the Deployment `web`, a part without `kind` says what the spec
of the HPA `web` has in the place of this:

```yaml
{"".join(FRAME.values()).rstrip()}
```

This page is generated from the rules themselves: `autoscaler check --explain all`.
"""
_HEADINGS: Final = {
    "units": "Units",
    "metrics": "Metrics",
    "behavior": "Bounds and behavior",
    "owners": "Who owns the replica count",
    "targets": "The target",
    "requests": "Requests and limits",
    "capacity": "Room for the pods",
}


def all_rules() -> str:
    """Write every rule's documentation as one Markdown page."""
    parts = [_INTRODUCTION, _contents()]
    for topic, rules in groupby(RULES, key=lambda rule: rule.topic):
        parts.append(f"## {_HEADINGS[topic]}\n")
        parts += [one_rule(rule) for rule in rules]
    return "\n".join(parts)


def one_rule(rule: Rule) -> str:
    """Write one rule's documentation."""
    return (
        f"### {rule.name}\n\n*{rule.severity}*: {rule.summary}\n\n**Why.** {rule.why}\n\n**Fix.** {_sentence(rule.fix)}\n\n"
        f"Found in:\n\n```yaml\n{rule.bad}\n```\n\nFine:\n\n```yaml\n{rule.good}\n```\n"
    )


def _contents() -> str:
    rows = [f"| [{rule.name}](#{rule.name}) | {rule.severity} | {rule.summary} |" for rule in RULES]
    return "\n".join(["| rule | | found |", "|---|---|---|", *rows, ""])


def _sentence(text: str) -> str:
    """Begin and end as a sentence does; a fix is written to stand behind `hint:`."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ")", "`")) else ".")
