"""Whether there is room for the pods that the policy may ask for, and whether they may ever be moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from autoscaler.config.lint.finding import Note
from autoscaler.config.lint.manifests import Manifest, amounts_at, mapping_at, value_at
from autoscaler.config.lint.rule import Notes
from autoscaler.config.lint.scalers import Scaler
from autoscaler.config.lint.surroundings import Surroundings
from autoscaler.config.lint.workloads import Workload, selector_at, selects
from autoscaler.model.quantity import Quantity

_WHOLE: Final = 1000  #: thousandths, as requests are counted here


def beyond_quota(scaler: Scaler, around: Surroundings) -> Notes:
    """The maximum needs more than the namespace's ResourceQuota allows.

    Why: Beyond the quota pods are refused. The policy keeps asking for them, users wait, and nothing but an event of the
        ReplicaSet tells why.
    Fix: raise the quota, or lower maxReplicas or the requests; leave room for the pods that a rollout adds
    Bad:
        maxReplicas: 20
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: compute}
        spec: {hard: {requests.cpu: 8}}
    Good:
        maxReplicas: 20
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: compute}
        spec: {hard: {requests.cpu: 12}}
    """
    workload = around.workload(scaler)
    for quota in _quotas(around, scaler.manifest.namespace) if workload is not None else ():
        assert workload is not None
        for resource, each, hard in _quota_shares(quota, workload):
            room = max(0, hard.milli()) // each
            if room < scaler.max_replicas:
                what = f"{quota} ({quota.place}) has room for {_pods(room)} by {resource}: {hard}"
                yield Note(path=scaler.max_path, what=f"{scaler.max_replicas} replicas are beyond the quota: {what}")


def beyond_quota_together(scaler: Scaler, around: Surroundings) -> Notes:
    """The workloads of a namespace, each at its policy's maximum, together need more than its ResourceQuota allows.

    Why: Peaks come together: a busy shop has busy workers too. Whichever policy asks last gets no pods, though its own
        maximum seems to fit.
    Fix: raise the quota, or lower some maxReplicas, so that all maxima fit at once
    Bad:
        {}
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: worker}
        spec:
          replicas: 4
          template: {spec: {containers: [{name: app, resources: {requests: {cpu: 1}}}]}}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: compute}
        spec: {hard: {requests.cpu: 8}}
    Good:
        {}
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: worker}
        spec:
          replicas: 4
          template: {spec: {containers: [{name: app, resources: {requests: {cpu: 1}}}]}}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: compute}
        spec: {hard: {requests.cpu: 9}}
    """
    namespace = scaler.manifest.namespace
    if around.scalers_in(namespace)[0] is not scaler:
        return  # told once for each namespace
    counts = _largest_counts(around, namespace)
    for quota in _quotas(around, namespace) if len(counts) > 1 else ():
        needs: dict[str, list[int]] = {}
        for workload, count in counts:
            for resource, each, _ in _quota_shares(quota, workload):
                needs.setdefault(resource, []).append(count * each)
        for resource, hard in amounts_at(quota.value, "spec", "hard").items():
            need = needs.get(resource, [])
            if need and max(need) <= hard.milli() < sum(need):
                together = Quantity.from_milli(sum(need), hard.format)
                what = (
                    f"{len(need)} workloads at their maxima need {together} of {resource}, and {hard} is all there is"
                )
                yield Note(path=f"spec.hard[{resource}]", what=what, manifest=quota)


def beyond_nodes(scaler: Scaler, around: Surroundings) -> Notes:
    """The maximum needs more than the nodes among the files can hold, even if they were empty.

    Why: Pods that fit on no node stay Pending. Unless something adds nodes, the policy asks for them in vain.
    Fix: add nodes or have them added, or lower maxReplicas or the requests
    Bad:
        maxReplicas: 20
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: small}
        status: {allocatable: {cpu: 1930m, memory: 3Gi, pods: 17}}
    Good:
        maxReplicas: 3
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: small}
        status: {allocatable: {cpu: 1930m, memory: 3Gi, pods: 17}}
    """
    workload = around.workload(scaler)
    nodes = [node for node in around.of_kind("Node") if not value_at(node.value, "spec", "unschedulable")]
    if workload is None or not nodes:
        return
    room = sum(_node_room(node, workload) for node in nodes)
    if room < scaler.max_replicas:
        held = f"the {len(nodes)} nodes among the files hold {_pods(room)} of this size"
        yield Note(path=scaler.max_path, what=f"{scaler.max_replicas} replicas do not fit: {held}")


def budget_blocks_eviction(scaler: Scaler, around: Surroundings) -> Notes:
    """A PodDisruptionBudget that allows no eviction while the policy is at its minimum.

    Why: In quiet times the workload stands at its minimum. If the budget asks for all of those pods, no node that holds one
        can be drained or removed: upgrades and node scale-down wait.
    Fix: write maxUnavailable: 1 in the budget, or raise minReplicas above its minAvailable
    Bad:
        minReplicas: 2
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: web}
        spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
    Good:
        minReplicas: 2
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: web}
        spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    """
    workload = around.workload(scaler)
    for budget in around.of_kind("PodDisruptionBudget", scaler.manifest.namespace) if workload is not None else ():
        assert workload is not None
        spec = mapping_at(budget.value, "spec")
        if not selects(selector_at(spec, "selector"), workload.labels):
            continue
        for name in ("minAvailable", "maxUnavailable"):
            if _allows_nothing(name, value_at(spec, name), scaler.min_replicas):
                what = (
                    f"{name}: {value_at(spec, name)} lets no pod be evicted while {scaler.manifest} is at its minimum"
                )
                yield Note(path=f"spec.{name}", what=f"{what} of {scaler.min_replicas}", manifest=budget)


def _quotas(around: Surroundings, namespace: str) -> Iterator[Manifest]:
    """The quotas that hold for every pod of a namespace; whether a scoped one does is not for the manifest to say."""
    for quota in around.of_kind("ResourceQuota", namespace):
        if not value_at(quota.value, "spec", "scopes") and not value_at(quota.value, "spec", "scopeSelector"):
            yield quota


def _largest_counts(around: Surroundings, namespace: str) -> list[tuple[Workload, int]]:
    """Every workload of a namespace with the most replicas it may have; unscaled ones have those that are written."""
    most: dict[str, int] = {}
    for scaler in around.scalers_in(namespace):
        workload = around.workload(scaler)
        if workload is not None:
            name = str(workload.manifest)
            most[name] = max(most.get(name, 0), scaler.max_replicas)
    return [
        (workload, most.get(str(workload.manifest), 1 if workload.replicas is None else workload.replicas))
        for workload in around.neighbours(namespace)
    ]


def _quota_shares(quota: Manifest, workload: Workload) -> Iterator[tuple[str, int, Quantity]]:
    """What one pod takes of each part of a quota [thousandths]: name, share, and all there is."""
    for name, hard in amounts_at(quota.value, "spec", "hard").items():
        kind, _, resource = name.rpartition(".")
        if name in ("pods", "count/pods"):
            yield name, _WHOLE, hard
        elif kind in ("", "requests") and (requested := workload.requested(resource)):
            yield name, requested, hard
        elif kind == "limits" and (limited := workload.limited(resource)):
            yield name, limited, hard


def _node_room(node: Manifest, workload: Workload) -> int:
    """How many of the pods one empty node holds."""
    there = amounts_at(node.value, "status", "allocatable") or amounts_at(node.value, "status", "capacity")
    shares = {"pods": _WHOLE, "cpu": workload.requested("cpu"), "memory": workload.requested("memory")}
    room = [there[name].milli() // each for name, each in shares.items() if each and name in there]
    return max(0, min(room, default=0))


def _allows_nothing(name: str, written: object, least: int) -> bool:
    """Whether that field of a budget keeps all of ``least`` pods; a percentage is rounded up, as upstream does."""
    amount = written
    if isinstance(written, str):
        percent = written.removesuffix("%")
        amount = -(-int(percent) * least // 100) if percent.isdecimal() and len(percent) < 10 else None
    if not isinstance(amount, int) or isinstance(amount, bool):
        return False
    return amount >= least if name == "minAvailable" else amount <= 0


def _pods(count: int) -> str:
    return f"{count} pod" if count == 1 else f"{count} pods"
