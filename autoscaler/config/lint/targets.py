"""The target: whether it is there, can be scaled, is left alone by its own manifest, and has pods of its own."""

from __future__ import annotations

from autoscaler.config.lint.finding import Note
from autoscaler.config.lint.rule import Notes
from autoscaler.config.lint.scalers import Scaler
from autoscaler.config.lint.surroundings import Surroundings
from autoscaler.config.lint.workloads import WORKLOAD_GROUPS
from autoscaler.config.suggestions import nearest

_WITHOUT_SCALE = ("DaemonSet", "Pod", "Job", "CronJob", "Service", "Node")


def replicas_in_the_manifest(scaler: Scaler, around: Surroundings) -> Notes:
    """The scaled workload's own manifest sets replicas.

    Why: Every time the manifest is applied the count jumps to that number, whatever the load, until the policy has climbed
        back.
    Fix: remove `replicas:`; with server-side apply or GitOps also leave the field out of what is compared
    Bad:
        {}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: app, resources: {requests: {cpu: 500m}}}]}
    Good:
        {}
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
    """
    workload = around.workload(scaler)
    if workload is not None and workload.replicas is not None:
        what = f"replicas: {workload.replicas} is set again whenever this is applied, while {scaler.manifest} scales it"
        yield Note(path="spec.replicas", what=what, manifest=workload.manifest)


def target_cannot_scale(scaler: Scaler, _: Surroundings) -> Notes:
    """The target's kind has no replica count.

    Why: Without a scale subresource no pass gets further than FailedGetScale.
    Fix: name a Deployment, a StatefulSet, or another kind that can be scaled
    Bad:
        scaleTargetRef: {apiVersion: apps/v1, kind: DaemonSet, name: web}
    Good:
        scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}
    """
    if scaler.target.kind in _WITHOUT_SCALE:
        yield Note(path="spec.scaleTargetRef.kind", what=f"a {scaler.target.kind} has no replica count to set")


def target_missing(scaler: Scaler, around: Surroundings) -> Notes:
    """The target is not among the files, though others like it are.

    Why: A policy whose target does not exist reports FailedGetScale and does nothing; nobody is told.
    Fix: check the target's kind, name, apiVersion and namespace, or name its file too
    Bad:
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wbe}
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
    Good:
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
    """
    namespace, group, kind, name = scaler.target_key
    if WORKLOAD_GROUPS.get(kind) != group or around.workload(scaler) is not None:
        return
    elsewhere, near = around.namesakes(kind, name), around.neighbours(namespace)
    if not elsewhere and not near:
        return  # these files are not where this namespace's workloads are kept
    guess = nearest(name, (one.manifest.name for one in near if one.manifest.kind == kind))
    fix = f"did you mean `{guess}`?" if guess is not None else ""
    if elsewhere:
        one = elsewhere[0].manifest
        fix = f"there is a {one} ({one.place}): a policy scales targets of its own namespace only"
    yield Note(path="spec.scaleTargetRef.name", what=f"there is no {kind} {namespace}/{name} among the files", fix=fix)


def pods_of_two_workloads(scaler: Scaler, around: Surroundings) -> Notes:
    """The target's selector also finds another workload's pods.

    Why: Metrics are averaged over every pod that the selector finds, so the other workload's load counts as well; where
        that one has an HPA too, both stop (AmbiguousSelector).
    Fix: give each workload a label of its own, in its selector and in its pod template
    Bad:
        {}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: shop}}
          template:
            metadata: {labels: {app: shop}}
            spec: {containers: [{name: app, resources: {requests: {cpu: 500m}}}]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: worker}
        spec:
          selector: {matchLabels: {app: shop, part: worker}}
          template:
            metadata: {labels: {app: shop, part: worker}}
            spec: {containers: [{name: app, resources: {requests: {cpu: 500m}}}]}
    Good:
        {}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: shop, part: web}}
          template:
            metadata: {labels: {app: shop, part: web}}
            spec: {containers: [{name: app, resources: {requests: {cpu: 500m}}}]}
    """
    workload = around.workload(scaler)
    for other in around.selected(workload) if workload is not None else ():
        assert workload is not None
        what = f"this selector also finds the pods of {other.manifest} ({other.manifest.place})"
        yield Note(path="spec.selector", what=what, manifest=workload.manifest)
