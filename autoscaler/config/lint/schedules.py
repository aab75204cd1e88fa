"""CronJobs that run ``kubectl scale``: which workload they set to how many replicas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from autoscaler.config.lint.manifests import Manifest, items_at, mapping_at, value_at
from autoscaler.model.json_types import JsonObject

_POD: Final = ("spec", "jobTemplate", "spec", "template", "spec")
_COMMAND: Final = re.compile(r"\bkubectl\s[^;&|\n]*?\bscale\s[^;&|\n]*")
_REPLICAS: Final = re.compile(r"--replicas[=\s]\s*[\"']?(\d{1,9})")
_NAMESPACE: Final = re.compile(r"(?:^|\s)(?:-n|--namespace)[=\s]?\s*[\"']?([a-z0-9][a-z0-9-]*)")
_TARGET: Final = re.compile(
    r"\b(deploy|deployments?|sts|statefulsets?|rs|replicasets?|rc|replicationcontrollers?)"
    r"(?:\.[a-z0-9.]+)?[/\s]\s*[\"']?([a-z0-9][a-z0-9.-]*)"
)
_KINDS: Final = {
    "deploy": "Deployment",
    "sts": "StatefulSet",
    "rs": "ReplicaSet",
    "rc": "ReplicationController",
} | {kind.lower(): kind for kind in ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleCommand:
    """One ``kubectl scale`` in a container of a CronJob. ``replicas`` is ``None`` where it cannot be read."""

    manifest: Manifest
    path: str
    text: str
    namespace: str
    kind: str
    name: str
    replicas: int | None


def scale_commands(manifest: Manifest) -> Iterator[ScaleCommand]:
    """Find the commands of a CronJob that scale something."""
    pod = mapping_at(manifest.value, *_POD)
    for group in ("initContainers", "containers"):
        for index, container in enumerate(items_at(pod, group)):
            for found in _COMMAND.finditer(_script(container)):
                text = " ".join(found.group().split())
                target = _TARGET.search(text)
                if target is not None:
                    replicas, namespace = _REPLICAS.search(text), _NAMESPACE.search(text)
                    yield ScaleCommand(
                        manifest=manifest,
                        path=f"{'.'.join(_POD)}.{group}[{index}]",
                        text=text,
                        namespace=namespace[1] if namespace is not None else manifest.namespace,
                        kind=_KINDS[target[1] if target[1] in _KINDS else target[1].removesuffix("s")],
                        name=target[2],
                        replicas=int(replicas[1]) if replicas is not None else None,
                    )


def _script(container: JsonObject) -> str:
    """What a container runs, as one text."""
    parts = [part for name in ("command", "args") for part in _texts(container, name)]
    return " ".join(parts)


def _texts(container: JsonObject, name: str) -> list[str]:
    written = value_at(container, name)
    return [part for part in written if isinstance(part, str)] if isinstance(written, list) else []
