"""What a ScalingPolicy's spec demands beyond types: the loader's own rules, for an API server to check (CEL).

Each is put where its field stands, so that a fault names the place. Rules that compare fields stand on what holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from autoscaler.model.json_types import JsonObject

_Change = Callable[[JsonObject], JsonObject]


def _rule(rule: str, message: str, field: str = "") -> JsonObject:
    return {"rule": rule, "message": message} | ({"fieldPath": f".{field}"} if field else {})


def _checked(*rules: JsonObject, **values: object) -> _Change:
    """Add rules to a part of the schema, and set values in it."""

    def change(part: JsonObject) -> JsonObject:
        known = part.get("x-kubernetes-validations", [])
        return part | values | ({"x-kubernetes-validations": [*known, *rules]} if rules else {})

    return change


_NOT_DOTS = _rule("self != '.' && self != '..'", "may not be '.' or '..'")
_SEGMENT: Final = _checked(_NOT_DOTS, minLength=1, maxLength=253, pattern="^[^/%]+$")
_VERSION: Final = _checked(pattern="^[^/]*(/[^/]*)?$", maxLength=253)
_POSITIVE: Final = _checked(_rule("quantity(string(self)).isGreaterThan(quantity('0'))", "must be more than 0"))
_NOT_NEGATIVE: Final = _checked(_rule("!quantity(string(self)).isLessThan(quantity('0'))", "must not be negative"))
_PER_POD: Final = _checked(
    _rule(
        "has(self.averageUtilization) != has(self.averageValue)",
        "takes one of averageUtilization and averageValue",
    )
)
_WHOLE_OR_AVERAGE: Final = _checked(_rule("has(self.value) || has(self.averageValue)", "needs value or averageValue"))
_DNS_LABEL: Final = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_CONTAINER_RESOURCE: Final = "^(cpu|memory|ephemeral-storage|hugepages-.+|[^/]+/.+)$"

#: By path below the spec; ``*`` stands for any field, ``[]`` for the items of a list.
_CHANGES: Final[dict[str, _Change]] = {
    "": _checked(
        _rule(
            "!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
            "must not be below minReplicas",
            "maxReplicas",
        ),
        _rule(
            "!has(self.minReplicas) || self.minReplicas > 0 || (has(self.metrics) && "
            "self.metrics.exists(m, m.type in ['Object', 'External', 'Prometheus']))",
            "0 needs an Object, External or Prometheus metric, which has a value while no pod runs",
            "minReplicas",
        ),
    ),
    "scaleTargetRef": _checked(
        _rule(
            "self.kind == 'ReplicationController' || (has(self.apiVersion) && "
            "self.apiVersion.matches('^[^/]+/[^/]*$'))",
            "must name the API group, such as apps/v1",
            "apiVersion",
        )
    ),
    "scaleTargetRef.kind": _SEGMENT,
    "scaleTargetRef.name": _SEGMENT,
    "scaleTargetRef.apiVersion": _VERSION,
    "metrics": _checked(
        _rule(
            "self.all(m, !has(m.prometheus) || self.exists_one(n, has(n.prometheus) && "
            "n.prometheus.name == m.prometheus.name))",
            "two Prometheus metrics have one name: give each its own",
        ),
        default=[
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
            }
        ],
    ),
    "metrics[].*.metric.name": _SEGMENT,
    "metrics[].*.target.value": _POSITIVE,
    "metrics[].*.target.averageValue": _POSITIVE,
    "metrics[].resource.name": _checked(minLength=1, maxLength=317),
    "metrics[].resource.target": _PER_POD,
    "metrics[].containerResource.name": _checked(pattern=_CONTAINER_RESOURCE, maxLength=317),
    "metrics[].containerResource.container": _checked(pattern=_DNS_LABEL, maxLength=63),
    "metrics[].containerResource.target": _PER_POD,
    "metrics[].pods.target": _checked(_rule("has(self.averageValue)", "needs averageValue", "averageValue")),
    "metrics[].object.target": _WHOLE_OR_AVERAGE,
    "metrics[].object.describedObject.kind": _SEGMENT,
    "metrics[].object.describedObject.name": _SEGMENT,
    "metrics[].object.describedObject.apiVersion": _VERSION,
    "metrics[].external.target": _checked(
        _rule("has(self.value) != has(self.averageValue)", "takes one of value and averageValue")
    ),
    "metrics[].prometheus": _checked(
        _rule(
            "has(self.alive) == (has(self.empty) && self.empty == 'Zero')",
            "has to be there with empty Zero, to prove that the source lives, and only with it",
            "alive",
        ),
        _rule(
            "!has(self.activation) || (!quantity(string(self.activation)).isLessThan(quantity('0')) && "
            "quantity(string(self.activation)).isLessThan(quantity(string("
            "has(self.target.value) ? self.target.value : self.target.averageValue))))",
            "must be at least 0 and less than the target",
            "activation",
        ),
    ),
    "metrics[].prometheus.name": _checked(maxLength=63),
    "metrics[].prometheus.target": _checked(
        _rule(
            "has(self.value) == (self.type == 'Value')", "has to be there with type Value, and only with it", "value"
        ),
        _rule(
            "has(self.averageValue) == (self.type == 'AverageValue')",
            "has to be there with type AverageValue, and only with it",
            "averageValue",
        ),
    ),
    "behavior.*.tolerance": _NOT_NEGATIVE,
    "safety.fallback": _checked(
        _rule("!has(self.use) || self.use != 'Fixed' || has(self.replicas)", "is required with use Fixed", "replicas"),
        _rule(
            "!has(self.use) || self.use != 'Schedule' || has(self.schedule) && size(self.schedule) > 0",
            "is required with use Schedule",
            "schedule",
        ),
    ),
    "behavior.scaleUp.policies": _checked(
        default=[
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ]
    ),
    "behavior.scaleUp.stabilizationWindowSeconds": _checked(default=0),
    "behavior.scaleDown.policies": _checked(default=[{"type": "Percent", "value": 100, "periodSeconds": 15}]),
}


def with_rules(spec: JsonObject) -> JsonObject:
    """Give a spec's structural schema with every rule that it has to have."""
    with_blocks = _at(spec, "metrics[]", lambda item: _checked(*_blocks(item))(item))
    for path, change in _CHANGES.items():
        with_blocks = _at(with_blocks, path, change)
    return with_blocks


def _blocks(item: JsonObject) -> Iterator[JsonObject]:
    """Say of each type of metric that its block, and no other, has to be there."""
    for kind in item["properties"]["type"]["enum"]:
        block = kind[:1].lower() + kind[1:]
        if block in item["properties"]:
            message = f"has to be there with type {kind}, and with no other"
            yield _rule(f"has(self.{block}) == (self.type == '{kind}')", message, block)


def _at(schema: JsonObject, path: str, change: _Change) -> JsonObject:
    """Give ``schema`` with the part at ``path`` changed; a path that leads nowhere changes nothing."""
    if not path:
        return change(schema)
    if path.startswith("[]"):
        return {**schema, "items": _at(schema["items"], path[2:].removeprefix("."), change)}
    name, rest = _first(path)
    fields: JsonObject = schema.get("properties", {})
    chosen = fields if name == "*" else {name} & fields.keys()
    changed = {each: _at(fields[each], rest, change) for each in fields if each in chosen}
    return {**schema, "properties": {**fields, **changed}} if changed else schema


def _first(path: str) -> tuple[str, str]:
    """Part the first step from the rest: ``a[].b`` is ``a`` and ``[].b``."""
    ends = min((index for index in (path.find("."), path.find("[")) if index >= 0), default=len(path))
    return path[:ends], path[ends:].removeprefix(".")
