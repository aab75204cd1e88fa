"""What keeps a controller from doing its work in this cluster, each with the way to mend it.

Everything is asked as the controller itself would ask it: with its credentials, over its adapters.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from autoscaler.adapters.kubernetes.errors import KubernetesError, NoAnswerError
from autoscaler.adapters.kubernetes.examination import Examination, Right
from autoscaler.config.datasources import UsageSource
from autoscaler.config.durations import print_duration
from autoscaler.config.guard_settings import HaltStore
from autoscaler.config.lint.finding import Severity
from autoscaler.config.settings import MemoryStore, PolicySource, Settings
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.memories import DOCUMENTS
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    ObjectMetric,
    PodsMetric,
    ResourceMetric,
    ScalingPolicy,
)
from autoscaler.model.time import SECOND

_MINORS: Final = range(34, 38)  #: releases that the adapters were written against
_SKEW: Final = 5 * SECOND  #: the server's clock in its answers has whole seconds
_PRECISION: Final = 5 * SECOND  #: of the difference, since an answer may have been some seconds on its way
_DANGEROUS_SKEW: Final = 30 * SECOND
_USAGE: Final = "metrics.k8s.io"
_METRIC_GROUPS: Final = {
    ResourceMetric: (_USAGE, "install metrics-server"),
    ContainerResourceMetric: (_USAGE, "install metrics-server"),
    PodsMetric: ("custom.metrics.k8s.io", "install a custom metrics adapter, such as prometheus-adapter"),
    ObjectMetric: ("custom.metrics.k8s.io", "install a custom metrics adapter, such as prometheus-adapter"),
    ExternalMetric: ("external.metrics.k8s.io", "install an external metrics adapter, such as KEDA's"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing found. ``severity`` absent: it was looked at and is in order."""

    check: str
    what: str
    fix: str = ""
    severity: Severity | None = None


def error(check: str, what: str, fix: str) -> Diagnosis:
    """Give something that keeps a policy from working."""
    return Diagnosis(check=check, what=what, fix=fix, severity=Severity.ERROR)


def warning(check: str, what: str, fix: str) -> Diagnosis:
    """Give something that will probably be regretted."""
    return Diagnosis(check=check, what=what, fix=fix, severity=Severity.WARNING)


async def examine_server(examination: Examination, clock: Clock) -> list[Diagnosis]:
    """Look at the server itself: does it answer, which version is it, who are we, what is the time."""
    try:
        version = await examination.version()
    except NoAnswerError as failure:
        return [error("server", f"no answer: {failure}", "check --kubeconfig and --context, and the network")]
    except KubernetesError as failure:
        return [error("server", str(failure), "check the credentials of the kubeconfig or service account")]
    found = [_version(version)]
    try:
        began = clock.now()
        user, server_time = await examination.whoami()
        middle = (began + clock.now()) // 2
    except KubernetesError as failure:
        return [*found, error("identity", str(failure), "check the token: has it expired?")]
    found.append(Diagnosis(check="identity", what=f"known to the server as {user}"))
    if server_time is not None:
        found.append(_clock(server_time + SECOND // 2 - middle))
    return found


def _version(version: str) -> Diagnosis:
    numbers = re.match(r"v1\.(\d+)", version)
    if numbers is None or int(numbers[1]) not in _MINORS:
        known = f"1.{_MINORS.start} to 1.{_MINORS.stop - 1}"
        fix = "run with --shadow first, and compare"
        return warning("version", f"the server is {version}; this program was made for {known}", fix)
    return Diagnosis(check="version", what=f"the server is {version}")


def _clock(ahead: int) -> Diagnosis:
    if abs(ahead) <= _SKEW:
        return Diagnosis(check="clock", what="the server's clock agrees with ours")
    about = print_duration(round(abs(ahead) / _PRECISION) * _PRECISION)
    words = f"the server's clock is about {about} {'ahead of' if ahead > 0 else 'behind'} ours"
    fix = "synchronize this machine's clock (chrony, systemd-timesyncd)"
    told = error if abs(ahead) > _DANGEROUS_SKEW else warning
    return told("clock", f"{words}: ages of samples and pods are wrong by as much", fix)


async def examine_rights(
    examination: Examination, settings: Settings, policies: Sequence[ScalingPolicy]
) -> list[Diagnosis]:
    """Ask for every right that these settings and policies need."""
    wanted = list(dict.fromkeys(rights(settings, policies)))
    try:
        answers = await asyncio.gather(*(examination.may(right) for right in wanted))
    except KubernetesError as failure:
        return [warning("rights", f"cannot be asked for: {failure}", "allow create on selfsubjectaccessreviews")]
    missing = [right for right, may in zip(wanted, answers, strict=True) if not may]
    if not missing:
        return [Diagnosis(check="rights", what=f"all {len(wanted)} that are needed are there")]
    return [error("rights", f"may not {right}", rule_for(right)) for right in missing]


def rights(settings: Settings, policies: Iterable[ScalingPolicy]) -> Iterator[Right]:
    """Give every right that a controller with these settings uses."""
    for policy in policies:
        namespace = policy.key.namespace
        group = policy.target.api_version.rpartition("/")[0]
        scale = f"{_plural(policy.target.kind)}/scale"
        yield Right(verb="get", group=group, resource=scale, namespace=namespace, name=policy.target.name)
        yield Right(verb="list", group="", resource="pods", namespace=namespace)
        yield Right(verb="watch", group="", resource="pods", namespace=namespace)
        yield Right(verb="get", group="autoscaling", resource="horizontalpodautoscalers", namespace=namespace)
        usage = settings.resource_metrics.source
        if usage is UsageSource.METRICS_API and any(
            isinstance(metric, ResourceMetric | ContainerResourceMetric) for metric in policy.metrics
        ):
            yield Right(verb="list", group="metrics.k8s.io", resource="pods", namespace=namespace)
        if settings.apply:
            yield Right(verb="patch", group=group, resource=scale, namespace=namespace, name=policy.target.name)
            status = "horizontalpodautoscalers/status"
            yield Right(verb="patch", group="autoscaling", resource=status, namespace=namespace)
            yield Right(verb="create", group="", resource="events", namespace=namespace)
    if PolicySource.CLUSTER in settings.policies:
        for namespace in settings.namespaces or ("",):
            yield Right(verb="list", group="autoscaler.dev", resource="scalingpolicies", namespace=namespace)
            yield Right(verb="watch", group="autoscaler.dev", resource="scalingpolicies", namespace=namespace)
            if settings.apply:
                yield Right(
                    verb="patch", group="autoscaler.dev", resource="scalingpolicies/status", namespace=namespace
                )
    yield from _own_rights(settings)


def _own_rights(settings: Settings) -> Iterator[Right]:
    election, memory = settings.leader_election, settings.memory
    if settings.apply and election.enabled:
        lease = {"group": "coordination.k8s.io", "resource": "leases", "namespace": election.namespace}
        yield Right(verb="create", **lease)
        for verb in ("get", "update"):
            yield Right(verb=verb, name=election.name, **lease)
    if settings.halt.store is HaltStore.CLUSTER:
        yield Right(
            verb="get", group="", resource="configmaps", namespace=settings.halt.namespace, name=settings.halt.name
        )
    if memory.store is MemoryStore.CLUSTER:
        yield Right(verb="create", group="", resource="configmaps", namespace=memory.namespace)
        for number in range(DOCUMENTS):
            for verb in ("get", "patch"):
                name = f"{memory.name}-{number:02d}"
                yield Right(verb=verb, group="", resource="configmaps", namespace=memory.namespace, name=name)


def rule_for(right: Right) -> str:
    """Give the rule that grants a right."""
    where = f"a Role in namespace {right.namespace}" if right.namespace else "a ClusterRole"
    names = f", resourceNames: [{right.name}]" if right.name and right.verb != "create" else ""
    return (
        f'add to {where}: {{apiGroups: ["{right.group}"], resources: [{right.resource}]{names}, verbs: [{right.verb}]}}'
    )


def _plural(kind: str) -> str:
    """Give the resource of a kind as Kubernetes' own kinds form it; the server is asked where it matters."""
    lower = kind.lower()
    return f"{lower}es" if lower.endswith("s") else f"{lower[:-1]}ies" if lower.endswith("y") else f"{lower}s"


async def examine_metrics(
    examination: Examination, settings: Settings, policies: Sequence[ScalingPolicy]
) -> list[Diagnosis]:
    """Look for every metrics API that the policies read."""
    wanted: dict[str, tuple[str, list[str]]] = {}
    for policy in policies:
        for metric in policy.metrics:
            known = _METRIC_GROUPS.get(type(metric))
            if known and (known[0] != _USAGE or settings.resource_metrics.source is UsageSource.METRICS_API):
                wanted.setdefault(known[0], (known[1], []))[1].append(str(policy.key))
    found = []
    for group, (fix, readers) in wanted.items():
        names = ", ".join(dict.fromkeys(readers))
        try:
            if await examination.serves(group):
                found.append(Diagnosis(check="metrics API", what=f"{group} is served"))
            else:
                found.append(error("metrics API", f"{group} is not served; read by {names}", fix))
        except KubernetesError as failure:
            found.append(error("metrics API", f"{group}: {failure}", f"kubectl get apiservice | grep {group}"))
    return found
