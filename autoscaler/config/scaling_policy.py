"""Reads a ScalingPolicy: an HPA's spec, which is read as one, and blocks of our own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pydantic import ValidationError

from autoscaler.config.documents import Document
from autoscaler.config.guarding import GuardingBlocks
from autoscaler.config.hpa import HPA_KIND, ReadOptions, read_policy
from autoscaler.config.model_faults import faults_of
from autoscaler.config.policy_schema import policy_schema
from autoscaler.config.prometheus_metrics import PrometheusMetrics, with_prometheus
from autoscaler.model.errors import Fault, InvalidPolicyError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import Profile, ScalingPolicy

KIND: Final = "ScalingPolicy"
VERSION: Final = "autoscaler.dev/v1alpha1"
_OWN: Final = frozenset(field.alias or name for name, field in GuardingBlocks.model_fields.items())


def read_any_policy(document: Document, options: ReadOptions) -> ScalingPolicy:
    """Read the policy in ``document``, whichever kind it is written as.

    Raises:
        InvalidPolicyError: one fault for each thing wrong.
    """
    value = document.value
    own = isinstance(value, dict) and value.get("kind") == KIND
    return read_scaling_policy(document, options) if own else read_policy(document, options)


def read_scaling_policy(document: Document, options: ReadOptions) -> ScalingPolicy:
    """Read the ScalingPolicy in ``document``.

    Raises:
        InvalidPolicyError: one fault for each thing wrong, in its own blocks and in those of an HPA.
    """
    value = document.value
    assert isinstance(value, dict)
    if value.get("apiVersion") != VERSION:
        what = (
            f'apiVersion "{value.get("apiVersion")}" has no {KIND}'
            if "apiVersion" in value
            else "apiVersion is missing"
        )
        line = document.line_of("apiVersion")
        fault = Fault(
            what=what, source=document.source, line=line, path="apiVersion", hint=f"write apiVersion: {VERSION}"
        )
        raise InvalidPolicyError([fault])
    spec = value.get("spec")
    own, shared = _parted(spec if isinstance(spec, dict) else {})
    blocks, faults = _blocks(document, own)
    queried = PrometheusMetrics(document, shared)
    faults = [*faults, *queried.faults]
    hpa: JsonObject = {**value, "apiVersion": "autoscaling/v2", "kind": HPA_KIND}
    if isinstance(spec, dict):
        hpa["spec"] = queried.rest
    try:
        policy = read_policy(replace(document, value=hpa), options)
    except InvalidPolicyError as error:
        raise InvalidPolicyError(sorted([*error.faults, *faults], key=lambda fault: fault.line or 0)) from error
    if blocks is None or faults:
        raise InvalidPolicyError(faults)
    return replace(
        policy,
        profile=Profile.GUARDED,
        mode=blocks.mode or policy.mode,
        guarding=blocks.guarding(),
        metrics=queried.put_back(policy.metrics),
    )


def _parted(spec: JsonObject) -> tuple[JsonObject, JsonObject]:
    """Give our own blocks, and the rest, which is for an HPA to have."""
    own = {name: value for name, value in spec.items() if name in _OWN}
    return own, {name: value for name, value in spec.items() if name not in _OWN}


def _blocks(document: Document, own: JsonObject) -> tuple[GuardingBlocks | None, list[Fault]]:
    try:
        return GuardingBlocks.model_validate(own), []
    except ValidationError as error:
        return None, [_below_spec(document, fault) for fault in faults_of(error, document, GuardingBlocks)]


def _below_spec(document: Document, fault: Fault) -> Fault:
    path = f"spec.{fault.path}" if fault.path else "spec"
    return replace(fault, path=path, line=document.line_of(path))


def scaling_policy_schema() -> JsonObject:
    """Give the JSON schema of a ScalingPolicy as people write it: an HPA's, with our own blocks in its spec."""
    schema, own = policy_schema(), GuardingBlocks.model_json_schema(by_alias=True)
    definitions = {**schema.get("$defs", {}), **own.get("$defs", {})}
    spec = with_prometheus(schema["properties"]["spec"], definitions)
    return {
        **schema,
        "title": f"{KIND} ({VERSION})",
        "properties": {
            **schema["properties"],
            "apiVersion": {"const": VERSION},
            "kind": {"const": KIND},
            "spec": {**spec, "properties": {**spec["properties"], **own["properties"]}},
        },
        "$defs": definitions,
    }
