"""The CustomResourceDefinition as a whole, ready to be applied."""

from __future__ import annotations

import json
from typing import Final

import yaml

from autoscaler.config.crd.rules import with_rules
from autoscaler.config.crd.status import COLUMNS, STATUS
from autoscaler.config.crd.structural import structural
from autoscaler.config.scaling_policy import KIND, VERSION, scaling_policy_schema
from autoscaler.model.json_types import JsonObject

GROUP, _, _SERVED = VERSION.partition("/")
PLURAL: Final = "scalingpolicies"
#: Not `sp`: service meshes call their ServiceProfile so.
SHORT_NAME: Final = "scp"
CATEGORY: Final = "autoscaler"
_ABOUT: Final = (
    "Scales one workload: an HPA's spec, with guards against bad data and sudden change, and what people may impose for a "
    "while."
)

_HEADER: Final = """\
# ScalingPolicy as a kind of the cluster's own: kubectl apply -f FILE; kubectl explain scalingpolicy.spec --recursive
# Generated from the schema of policy files: autoscaler schema scaling-policy -o crd
"""


def print_definition() -> str:
    """Write the definition as a manifest."""
    plain = json.loads(json.dumps(scaling_policy_definition()))  # what is used twice is written twice, without anchors
    return _HEADER + yaml.safe_dump(plain, sort_keys=False, width=118, allow_unicode=True)


def scaling_policy_definition() -> JsonObject:
    """Give the CustomResourceDefinition of ScalingPolicy (apiextensions.k8s.io/v1).

    Its schema is that of the files, as far as an API server can check it. Needs Kubernetes 1.29, for quantities in rules.
    """
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": [SHORT_NAME],
                "categories": [CATEGORY],
            },
            "versions": [
                {
                    "name": _SERVED,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": COLUMNS,
                    "schema": {"openAPIV3Schema": _schema()},
                }
            ],
        },
    }


def _schema() -> JsonObject:
    whole = scaling_policy_schema()
    spec = structural(whole["properties"]["spec"], whole.get("$defs", {}), "spec")
    head = {
        "apiVersion": {"type": "string", "description": f"{VERSION}."},
        "kind": {"type": "string", "description": f"{KIND}."},
        "metadata": {"type": "object"},
    }
    return {
        "type": "object",
        "description": _ABOUT,
        "required": ["spec"],
        "properties": {**head, "spec": with_rules(spec), "status": STATUS},
    }
