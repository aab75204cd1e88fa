"""The examples in the rules' docstrings, written short, as whole manifests.

A document that has a ``kind`` is whole. One with ``containers`` is the pod of the Deployment ``web``. Any other gives
fields of the spec of the HPA ``web``, on top of what ``FRAME`` says.
"""

from __future__ import annotations

import re
from textwrap import indent
from typing import Final

_HPA: Final = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n"
#: What the HPA of an example says where the example does not.
FRAME: Final = {
    "scaleTargetRef": "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n",
    "minReplicas": "minReplicas: 2\n",
    "maxReplicas": "maxReplicas: 10\n",
    "metrics": "metrics:\n"
    "- type: Resource\n"
    "  resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}\n",
}
_DEPLOYMENT: Final = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n"
)


def whole_manifests(example: str) -> str:
    """Write an example out in full, as the YAML of one file."""
    parts = re.split(r"^---\n", example if example.endswith("\n") else f"{example}\n", flags=re.MULTILINE)
    return "---\n".join(_whole(part) for part in parts)


def _whole(part: str) -> str:
    fields = re.findall(r"^(\w+):", part, flags=re.MULTILINE)
    if "kind" in fields:
        return part
    if "containers" in fields:
        return _DEPLOYMENT + indent(part, "      ")
    written = "" if part.strip() == "{}" else part
    rest = "".join(text for name, text in FRAME.items() if name not in fields)
    return _HPA + indent(rest + written, "  ")
