"""Conversion between the version an object is stored in and the others it is served in."""

from collections.abc import Callable
from typing import Final

from autoscaler.config.hpa_v1 import from_v1, to_v1
from autoscaler.emulator.kinds.event import from_new_api, to_new_api
from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject

Convert = Callable[[JsonObject], JsonObject]

_CONVERSIONS: Final[dict[tuple[str, str, str], tuple[Convert, Convert]]] = {
    ("autoscaling", "v1", "HorizontalPodAutoscaler"): (from_v1, to_v1),
    ("events.k8s.io", "v1", "Event"): (from_new_api, to_new_api),
}
"""(group, version, kind) of a version that is not the stored one: conversion to the stored form, and back."""


def to_stored(resource: Resource, obj: JsonObject) -> JsonObject:
    """An object of this resource in the form it is stored in."""
    pair = _CONVERSIONS.get((resource.group, resource.version, resource.kind))
    return pair[0](obj) if pair else obj


def from_stored(resource: Resource, obj: JsonObject) -> JsonObject:
    """A stored object as this resource shows it."""
    if resource.is_custom and obj.get("apiVersion") != resource.api_version:
        return obj | {"apiVersion": resource.api_version}  # versions of a custom resource differ in name only
    pair = _CONVERSIONS.get((resource.group, resource.version, resource.kind))
    return pair[1](obj) if pair else obj
