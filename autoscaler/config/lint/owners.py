"""Two owners of one replica count: scalers, schedules and vertical scaling on one target."""

from __future__ import annotations

from autoscaler.config.lint.finding import Note
from autoscaler.config.lint.rule import Notes
from autoscaler.config.lint.scalers import Hpa, Scaler
from autoscaler.config.lint.surroundings import Surroundings


def name_taken(scaler: Scaler, around: Surroundings) -> Notes:
    """Two policies of one kind have the same name.

    Why: They are one object: whichever is applied last replaces the other.
    Fix: give one of them another name
    Bad:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: other}
          maxReplicas: 10
          metrics:
          - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
        ---
        {}
    Good:
        {}
    """
    for other in around.earlier_of_name(scaler):
        if other.manifest.group == scaler.manifest.group:
            word = "policy" if isinstance(scaler, Hpa) else scaler.manifest.kind
            namespace, name = scaler.manifest.namespace, scaler.manifest.name
            what = f"{word} {namespace}/{name} is already defined at {other.manifest.place}"
            yield Note(path="metadata.name", what=what)
            return


def two_scalers(scaler: Scaler, around: Surroundings) -> Notes:
    """Two policies scale one target.

    Why: Each sets the count that its own metrics ask for, in turn. Upstream notices two HPAs on the same pods and then both
        stop (AmbiguousSelector); KEDA refuses a second ScaledObject.
    Fix: two policies on one target fight each other: join their metrics in one policy
    Bad:
        {}
        ---
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: web-queue}
        spec: {scaleTargetRef: {name: web}, triggers: [{type: redis, metadata: {listLength: "30"}}]}
    Good:
        {}
        ---
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: worker-queue}
        spec: {scaleTargetRef: {name: worker}, triggers: [{type: redis, metadata: {listLength: "30"}}]}
    """
    for other in around.earlier_on_target(scaler):
        is_same = str(other.manifest) == str(scaler.manifest)
        if not is_same and not _is_made_by(scaler, other):
            kind, namespace = scaler.target.kind, scaler.manifest.namespace
            word = "policy" if isinstance(other, Hpa) else other.manifest.kind
            what = f"{kind} {namespace}/{scaler.target.name} is already scaled by {word} "
            what += f"{namespace}/{other.manifest.name} ({other.manifest.place})"
            yield Note(path="spec.scaleTargetRef", what=what)
            return


def vertical_on_same_resource(scaler: Scaler, around: Surroundings) -> Notes:
    """A VerticalPodAutoscaler changes the requests that a utilization target is measured against.

    Why: The one answers load with larger pods, which lowers the utilization, and the other then takes pods away: they
        undo each other. Upstream documents the combination as unsupported.
    Fix: use an absolute target (averageValue), or let the VerticalPodAutoscaler control the other resource only
        (controlledResources), or set its updateMode to "Off"
    Bad:
        {}
        ---
        apiVersion: autoscaling.k8s.io/v1
        kind: VerticalPodAutoscaler
        metadata: {name: web}
        spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, updatePolicy: {updateMode: Auto}}
    Good:
        {}
        ---
        apiVersion: autoscaling.k8s.io/v1
        kind: VerticalPodAutoscaler
        metadata: {name: web}
        spec:
          targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          resourcePolicy: {containerPolicies: [{containerName: "*", controlledResources: [memory]}]}
    """
    workload = around.workload(scaler)
    names = [container.name for container in workload.containers] if workload is not None else []
    for manifest, vertical in around.verticals(scaler):
        for target in scaler.resources if vertical.is_updating else ():
            asked = [target.container] if target.container else names
            if target.percent is not None and vertical.controls(target.resource, asked):
                what = (
                    f"{manifest} ({manifest.place}, updateMode {vertical.mode}) changes the {target.resource} requests "
                )
                yield Note(path=target.path, what=what + "that this utilization is measured against")


def schedule_sets_replicas(scaler: Scaler, around: Surroundings) -> Notes:
    """A CronJob sets the replicas of a target that a policy scales.

    Why: At its next pass, within 15 s, the policy sets the count back to what its metrics ask for, limited by its rate rules
        only: the scale-down window remembers what was recommended, not what others have set. Only 0 lasts, which
        switches an HPA off.
    Fix: let the schedule change the policy's bounds instead, such as
        `kubectl patch hpa NAME -p '{"spec":{"minReplicas":20}}'`
    Bad:
        {}
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: morning}
        spec:
          schedule: "0 8 * * 1-5"
          jobTemplate:
            spec:
              template:
                spec:
                  containers:
                  - {name: kubectl, image: kubectl, command: [kubectl, scale, deployment/web, --replicas=20]}
    Good:
        {}
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: morning}
        spec:
          schedule: "0 8 * * 1-5"
          jobTemplate:
            spec:
              template:
                spec:
                  containers:
                  - name: kubectl
                    image: kubectl
                    command: [kubectl, patch, hpa, web, -p, '{"spec":{"minReplicas":8}}']
    """
    namespace, _, kind, name = scaler.target_key
    found = around.commands(scaler)
    if any(command.replicas == 0 for command in found):
        return  # a pause and its end: a policy does nothing about a target at 0
    for command in found:
        what = f"`{command.text}` sets the replicas of {kind} {namespace}/{name}, which {scaler.manifest} scales"
        fix = ""
        if isinstance(scaler, Hpa) and command.replicas is not None:
            patch = f'{{"spec":{{"minReplicas":{command.replicas}}}}}'
            fix = f"let it change the policy: kubectl -n {namespace} patch hpa {scaler.manifest.name} -p '{patch}'"
        yield Note(path=command.path, what=what, fix=fix, manifest=command.manifest)


def _is_made_by(one: Scaler, other: Scaler) -> bool:
    """Whether one of the two is the HPA that KEDA makes of, or hands over to, the other."""
    return any(
        maker.makes == made.manifest.name or (maker.takes_over and isinstance(made, Hpa))
        for maker, made in ((one, other), (other, one))
        if maker.makes
    )
