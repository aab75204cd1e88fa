"""The triggers of a KEDA ScaledObject as metrics: cpu, memory and prometheus; the others have no equal.

Source: keda.sh/docs, scalers cpu, memory and prometheus; kedacore/keda pkg/scalers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from autoscaler.config.importing.reading import Part
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity, QuantityError

_NOT_OURS: Final = "has no equal and is left out"
_EXPORT: Final = "let something export the number to Prometheus, and write a metric of type Prometheus"
_NAME: Final = re.compile(r"[^a-zA-Z0-9_.:-]")
#: What says how the server is reached: that is the administrator's to set, beside the address.
_OF_THE_DATASOURCE: Final = ("namespace", "customHeaders", "queryParameters", "unsafeSsl", "authModes", "timeout")


def metric_of(trigger: Part, names: set[str]) -> JsonObject | None:
    """Give the metric that a trigger asks for; ``None`` where there is none like it. ``names``: of metrics so far."""
    kind = trigger.text("type")
    reader = _READERS.get(kind)
    if reader is None:
        hint = _HINTS.get(kind, _EXPORT)
        trigger.losses.add(trigger.at("type"), f"trigger {kind!r} {_NOT_OURS}", hint)
        return None
    metric = reader(trigger, trigger.part("metadata"), names)
    trigger.take("name")
    if "authenticationRef" in trigger:
        trigger.lose(
            "authenticationRef", _NOT_OURS, "credentials belong to the datasource in the controller's settings"
        )
    trigger.rest()
    return metric


def _usage(trigger: Part, metadata: Part, _: set[str]) -> JsonObject | None:
    resource, container = trigger.text("type"), metadata.text("containerName")
    kind = trigger.text("metricType") or metadata.text("type") or "Utilization"
    metadata.take("type")
    value = metadata.text("value")
    amount = _amount(metadata, "value", value, whole=kind == "Utilization")
    metadata.rest()
    if amount is None:
        return None
    target: JsonObject = {"type": kind}
    target["averageUtilization" if kind == "Utilization" else "averageValue"] = amount
    if container:
        source = {"name": resource, "container": container, "target": target}
        return {"type": "ContainerResource", "containerResource": source}
    return {"type": "Resource", "resource": {"name": resource, "target": target}}


def _prometheus(trigger: Part, metadata: Part, names: set[str]) -> JsonObject | None:
    kind = trigger.text("metricType") or "AverageValue"
    amount = _amount(metadata, "threshold", metadata.text("threshold"))
    if amount is None:
        return None
    source: JsonObject = {
        "name": _name(trigger.text("name") or metadata.text("metricName"), names),
        "datasource": _datasource(metadata),
        "query": metadata.text("query"),
        "target": {"type": kind, "value" if kind == "Value" else "averageValue": amount},
    }
    metadata.take("metricName")
    activation = metadata.text("activationThreshold", "0")
    if activation not in ("0", "") and (least := _amount(metadata, "activationThreshold", activation)) is not None:
        source["activation"] = least
    if metadata.text("ignoreNullValues", "true") == "true":
        what = "an empty answer counts as 0 in KEDA; here it is missing, and nothing shrinks because of it"
        metadata.losses.add(
            metadata.path, what, "if the series really vanish with the load: empty: Zero and alive: QUERY"
        )
    for name in _OF_THE_DATASOURCE:
        if name in metadata:
            metadata.lose(name, "belongs to the datasource and is left out", "set it in the controller's settings")
    metadata.rest()
    return {"type": "Prometheus", "prometheus": source}


def _datasource(metadata: Part) -> str:
    """Name the server: addresses are the administrator's to give, so that a policy cannot send requests anywhere."""
    address = metadata.text("serverAddress")
    host = (urlsplit(address).hostname or "main").partition(".")[0] if "://" in address else "main"
    name = _NAME.sub("-", host)[:63] or "main"
    metadata.losses.add(
        metadata.at("serverAddress"),
        f"an address is no part of a policy: the metric asks datasource {name}",
        f"in the controller's settings: datasources: {{{name}: {{url: {address or 'URL'}}}}}",
    )
    return name


def _name(wanted: str, names: set[str]) -> str:
    base = _NAME.sub("_", wanted)[:60] or "prometheus"
    base = base if base[0].isalpha() or base[0] == "_" else f"_{base}"
    name, number = base, 2
    while name in names:
        name, number = f"{base}{number}", number + 1
    names.add(name)
    return name


def _amount(metadata: Part, name: str, text: str, *, whole: bool = False) -> str | int | None:
    """Read a threshold; one that is no positive number keeps the whole trigger out."""
    try:
        amount = Quantity.parse(text)
        if amount.sign > 0:
            return int(amount.as_float()) if whole else text
    except QuantityError:
        pass
    metadata.lose(name, f"{text!r} is no number above 0; the trigger is left out")
    return None


_READERS: Final[Mapping[str, Callable[[Part, Part, set[str]], JsonObject | None]]] = {
    "cpu": _usage,
    "memory": _usage,
    "prometheus": _prometheus,
}
_HINTS: Final = {
    "cron": "hours of the day are no metric; impose the number for a while with `hold`",
    "kubernetes-workload": "count the pods in Prometheus (kube-state-metrics), and write a metric of type Prometheus",
}
