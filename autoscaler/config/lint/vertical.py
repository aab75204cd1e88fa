"""VerticalPodAutoscalers: whose requests they change, of which resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from autoscaler.config.lint.manifests import Manifest, items_at, mapping_at, text_at, value_at
from autoscaler.model.json_types import JsonObject

_EVERY_RESOURCE: Final = ("cpu", "memory")
#: Modes that leave the requests of running workloads alone: advice only, and only for pods that start anyway.
_QUIET: Final = frozenset({"Off", "Initial"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Vertical:
    """What one VerticalPodAutoscaler does."""

    target_key: tuple[str, str, str, str]  #: namespace, group, kind, name
    mode: str
    policies: tuple[JsonObject, ...]

    @property
    def is_updating(self) -> bool:
        """Whether it changes requests by itself."""
        return self.mode not in _QUIET

    def controls(self, resource: str, containers: Sequence[str]) -> bool:
        """Tell whether it sets the resource for one of the containers; for none given: for any that may be there."""
        return any(self._controls(resource, container) for container in containers or ("",))

    def _controls(self, resource: str, container: str) -> bool:
        by_name = {text_at(policy, "containerName"): policy for policy in self.policies}
        policy = by_name.get(container) or by_name.get("*") or {}
        named = value_at(policy, "controlledResources")
        return text_at(policy, "mode") != "Off" and resource in (named if isinstance(named, list) else _EVERY_RESOURCE)


def vertical_of(manifest: Manifest) -> Vertical:
    """Read a VerticalPodAutoscaler."""
    spec = mapping_at(manifest.value, "spec")
    target = mapping_at(spec, "targetRef")
    group = text_at(target, "apiVersion").rpartition("/")[0]
    written = value_at(spec, "updatePolicy", "updateMode")  # Off without quotes is a boolean in YAML
    return Vertical(
        target_key=(manifest.namespace, group, text_at(target, "kind"), text_at(target, "name")),
        mode="Off" if written is False else text_at(spec, "updatePolicy", "updateMode") or "Auto",
        policies=tuple(items_at(spec, "resourcePolicy", "containerPolicies")),
    )
