"""The scale subresource of whatever has one: read it, and set its replicas without overwriting anybody."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.discovery import Discovery, Mapping
from autoscaler.adapters.kubernetes.errors import KubernetesError, RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path, qualified, split_api_version
from autoscaler.adapters.kubernetes.wire import ObjectMeta, decode
from autoscaler.model.observation import Scale, ScaleUnavailable
from autoscaler.model.policy import ObjectRef


class _ScaleSpec(msgspec.Struct):
    replicas: int = 0


class _ScaleStatus(msgspec.Struct):
    replicas: int = 0
    selector: str = ""


class _ScaleObject(msgspec.Struct):
    metadata: ObjectMeta
    spec: _ScaleSpec = msgspec.field(default_factory=_ScaleSpec)
    status: _ScaleStatus = msgspec.field(default_factory=_ScaleStatus)


_SCALE = msgspec.json.Decoder(_ScaleObject)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleFound:
    """A scale, where it is served, and the uid of the object it belongs to."""

    scale: Scale
    mapping: Mapping
    uid: str


class Scales:
    """Reads and writes scale subresources."""

    def __init__(self, client: Client, discovery: Discovery) -> None:
        self._client = client
        self._discovery = discovery

    async def read(self, namespace: str, target: ObjectRef) -> ScaleFound | ScaleUnavailable:
        """Read the target's scale. Every failure is a value, worded as upstream words it.

        Source: kubernetes pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler and scaleForResourceMappings.
        """
        try:
            group, _ = split_api_version(target.api_version)
        except ValueError as error:
            return ScaleUnavailable(
                error=str(error), message=f"invalid API version in scale target reference: {error}", blames_policy=True
            )
        try:
            mappings = await self._discovery.mappings(group, target.kind)
        except KubernetesError as error:
            return _no_mapping(str(error))
        if not mappings:
            return _no_mapping(f'no matches for kind "{target.kind}" in group "{group}"', absent=True)
        return await self._read_first(namespace, target, mappings)

    async def write(self, namespace: str, name: str, mapping: Mapping, *, replicas: int, resource_version: str) -> None:
        """Set the replicas, if the scale is still at ``resource_version`` (empty: whatever it is).

        Raises: RefusedError, whose ``is_conflict`` says that somebody else wrote first; NoAnswerError.
        """
        metadata = {"resourceVersion": resource_version} if resource_version else {}
        body = {"metadata": metadata, "spec": {"replicas": replicas}}
        await self._client.merge_patch(_path(namespace, name, mapping), _subject("patch", mapping, name), body)

    async def _read_first(
        self, namespace: str, target: ObjectRef, mappings: tuple[Mapping, ...]
    ) -> ScaleFound | ScaleUnavailable:
        """Try each place in turn; when all fail, the first failure is the one to tell."""
        first: KubernetesError | None = None
        for mapping in mappings:
            try:
                return await self._read_one(namespace, target.name, mapping)
            except KubernetesError as error:
                first = first or error
        return ScaleUnavailable(
            error=str(first),
            message=f"failed to query scale subresource for {target.kind}/{namespace}/{target.name}: {first}",
            absent=isinstance(first, RefusedError) and first.is_not_found,
        )

    async def _read_one(self, namespace: str, name: str, mapping: Mapping) -> ScaleFound:
        subject = _subject("get", mapping, name)
        body = await self._client.get(_path(namespace, name, mapping), subject)
        read = decode(_SCALE, body, subject)
        scale = Scale(
            spec_replicas=read.spec.replicas,
            status_replicas=read.status.replicas,
            selector=read.status.selector,
            resource_version=read.metadata.resource_version,
        )
        return ScaleFound(scale=scale, mapping=mapping, uid=read.metadata.uid)


def _no_mapping(error: str, *, absent: bool = False) -> ScaleUnavailable:
    message = f"unable to determine resource for scale target reference: {error}"
    return ScaleUnavailable(error=error, message=message, absent=absent)


def _path(namespace: str, name: str, mapping: Mapping) -> str:
    return object_path(api_root(mapping.group, mapping.version), namespace, mapping.resource, name, "scale")


def _subject(verb: str, mapping: Mapping, name: str) -> Subject:
    return Subject(verb=verb, resource=f"{qualified(mapping.resource, mapping.group)}/scale", name=name)
