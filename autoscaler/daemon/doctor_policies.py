"""What keeps single policies from working: one dry pass of each, and what else in the cluster touches its target."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.kubernetes.examination import Examination
from autoscaler.config.documents import Document, scan
from autoscaler.config.hpa import HPA_KIND, policy_from_object
from autoscaler.config.lint.manifests import Manifest, manifest_of
from autoscaler.config.lint.rules import lint
from autoscaler.config.lint.scalers import Hpa, hpa_of
from autoscaler.config.lint.surroundings import surroundings_of
from autoscaler.config.policies import LoadedPolicies
from autoscaler.control.messages import Observe
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.doctor import Diagnosis, error, warning
from autoscaler.daemon.observe import Observer
from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.explain import metric_label, sentence
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Decision
from autoscaler.model.errors import InvalidPolicyError
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation, Scale
from autoscaler.model.policy import Mode, ScalingPolicy

#: Kinds that touch a target beside its policy, by API group. Those that are not served are passed over.
_AROUND: Final = (
    ("autoscaling", HPA_KIND),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("keda.sh", "ScaledObject"),
    ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
    ("batch", "CronJob"),
    ("policy", "PodDisruptionBudget"),
    ("", "ResourceQuota"),
    ("", "LimitRange"),
)
#: Rules about how manifests are kept; what a cluster holds always has its replicas, and a missing target is told above.
_ABOUT_FILES: Final = frozenset({"replicas-in-the-manifest", "target-missing"})
#: Part of an error, and what mends it; the first that fits.
_FIXES: Final = (
    ("missing request for", "set resources.requests on every container of the target's pods"),
    ("selector is required", "give the target a selector; its scale subresource shows none"),
    ("pods by selector", "two policies select the same pods: give each target labels of its own"),
    ("no matches for kind", "mend apiVersion and kind of spec.scaleTargetRef"),
    ("there is no datasource", "see the finding about it above"),
    ("refuses the query", "mend the query; the numbers before its error are line and column"),
    ("the query returned nothing", "see the findings above; try the query on the Prometheus server's own page"),
    ("the query returned NaN", "let the query give a number where nothing happens, such as x / (y > 0)"),
    ("series instead of one", "aggregate the query with sum(), or write `multiple: Sum`"),
    ("is cAdvisor scraped", "scrape the kubelets' /metrics/cadvisor, or mend resource_metrics.matchers"),
    ("no fresh sample", "is its exporter up, and still scraped? `up` tells"),
    ("its sample is", "is its exporter up, and still scraped? safety.maxSampleAge allows older samples"),
    (
        "could not find the requested resource",
        "this kind serves no scale subresource: its definition has to declare one",
    ),
    ("not found", "create it, or mend the name in the policy"),
    ("could not find the", "is the name of the metric right, and does its adapter serve it for these objects?"),
    ("from external metrics API", "is the name of the metric right, and does its adapter serve it in this namespace?"),
    ("no metrics returned", "the metrics API knows none of these pods yet: try `kubectl top pods`, wait a minute"),
    ("did not receive metrics", "the metrics API knows only some of these pods: try `kubectl top pods`"),
    ("forbidden", "see the rights above"),
    ("deadline exceeded", "the source is slow or away: look at its pods"),
)
_OTHERWISE: Final = "see `autoscaler why` once the controller runs with --journal, and docs/evaluate.md"


async def examine_policy(
    policy: ScalingPolicy, observer: Observer, clock: Clock, config: ControllerConfig
) -> list[Diagnosis]:
    """Make one pass without writing anything, as if it were the first."""
    wanted = Observe(key=policy.key, target=policy.target, metrics=policy.metrics, at=clock.now())
    observation, _ = await observer.observe(wanted)
    decision, _ = evaluate(policy, observation, Memory(), config)
    found = list(_faults(policy, observation, decision))
    return found or [Diagnosis(check=f"policy {policy.key}", what=sentence(decision))]


def _faults(policy: ScalingPolicy, observation: Observation, decision: Decision) -> Iterator[Diagnosis]:
    check = f"policy {policy.key}"
    if not isinstance(observation.scale, Scale):
        yield error(check, decision.error, _fix(decision.error))
        return
    if not observation.pods and observation.scale.spec_replicas:
        yield warning(
            check, "the target has no pods", f"kubectl -n {policy.key.namespace} get pods, describe its owner"
        )
    failed = [proposal for proposal in decision.proposals if proposal.error]
    for proposal in failed:
        name = metric_label(proposal.name) if proposal.name else proposal.metric_type
        yield error(check, f"{name} cannot be read: {proposal.error}", _fix(proposal.error))
    if decision.error and not failed:
        yield error(check, decision.error, _fix(decision.error))


def _fix(text: str) -> str:
    return next((fix for part, fix in _FIXES if part in text), _OTHERWISE)


async def examine_surroundings(examination: Examination, loaded: LoadedPolicies, *, writes: bool) -> list[Diagnosis]:
    """Apply the rules of `autoscaler check` to the policies and to what the cluster holds beside them."""
    ours = [hpa_of(policy, _manifest(loaded, policy)) for policy in loaded.policies]
    targets = {(policy.key.namespace, policy.target.kind, policy.target.name) for policy in loaded.policies}
    manifests: list[Manifest] = []
    found: list[Diagnosis] = []
    for namespace in sorted({policy.key.namespace for policy in loaded.policies}):
        for group, kind in _AROUND:
            try:
                objects = await _objects(examination, group, kind, namespace)
            except KubernetesError as failure:
                found.append(
                    Diagnosis(check="surroundings", what=f"{kind} objects of {namespace} not looked at: {failure}")
                )
                continue
            manifests += [manifest_of(document, namespace) for document in objects]
    others = [hpa for manifest in manifests if manifest.kind == HPA_KIND and (hpa := _hpa(manifest)) is not None]
    found += _beside(others, targets, loaded.policies, writes=writes)
    rest = [manifest for manifest in manifests if manifest.kind != HPA_KIND]
    for finding in lint(surroundings_of(ours, rest), _ABOUT_FILES):
        what = f"{finding.fault.what} [{finding.rule}]" if finding.rule else finding.fault.what
        found.append(
            Diagnosis(check=finding.fault.source, what=what, fix=finding.fault.hint, severity=finding.severity)
        )
    return found


def _beside(
    hpas: Sequence[Hpa], targets: set[tuple[str, str, str]], policies: Sequence[ScalingPolicy], *, writes: bool
) -> Iterator[Diagnosis]:
    """Tell of HPA objects on our targets: the built-in controller acts on them, if it runs."""
    names = {(policy.key.namespace, policy.key.name) for policy in policies}
    for hpa in hpas:
        namespace, name = hpa.manifest.namespace, hpa.manifest.name
        if (namespace, hpa.target.kind, hpa.target.name) not in targets:
            continue
        what = f"HPA object {namespace}/{name} scales {hpa.target.kind} {hpa.target.name} too"
        fix = f"kubectl -n {namespace} delete hpa {name}, or leave this target to it (run --shadow compares both)"
        if not writes:
            yield warning("two scalers", what, fix)
        elif (namespace, name) in names:
            fix = "where the built-in controller runs, delete the object; where it does not, its status shows ours"
            yield warning("two scalers", f"{what}, under the policy's own name", fix)
        else:
            yield error("two scalers", what, fix)


async def _objects(examination: Examination, group: str, kind: str, namespace: str) -> list[Document]:
    places = await examination.places(group, kind)
    if not places:
        return []
    place = places[0]
    version = f"{place.group}/{place.version}" if place.group else place.version
    found: list[Document] = []
    for item in await examination.objects(place, namespace):
        name = (item.get("metadata") or {}).get("name", "")
        complete = {"apiVersion": version, "kind": kind, **_without_status(item)}
        found += scan(json.dumps(complete), f"{kind} {namespace}/{name}").documents
    return found


def _without_status(item: dict[str, Any]) -> dict[str, Any]:
    """Leave out what no rule looks at and what may be large."""
    metadata = {name: value for name, value in (item.get("metadata") or {}).items() if name != "managedFields"}
    return {**{name: value for name, value in item.items() if name != "status"}, "metadata": metadata}


def _hpa(manifest: Manifest) -> Hpa | None:
    try:
        return hpa_of(policy_from_object(manifest.value, Mode.OBSERVE), manifest)
    except InvalidPolicyError:
        return None  # no controller can act on it


def _manifest(loaded: LoadedPolicies, policy: ScalingPolicy) -> Manifest:
    return manifest_of(loaded.sources[policy.key].document, policy.key.namespace)
