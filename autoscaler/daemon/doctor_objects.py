"""The doctor's look at policies that are objects: is the kind known, may they be read, and does each of them read well."""

from __future__ import annotations

from dataclasses import replace

from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.kubernetes.examination import Examination
from autoscaler.adapters.kubernetes.scaling_policies import GROUP, RESOURCE
from autoscaler.config.hpa import ReadOptions
from autoscaler.config.policies import LoadedPolicies
from autoscaler.config.policy_files import PolicySource
from autoscaler.config.policy_objects import document_of, policy_of_object
from autoscaler.config.scaling_policy import KIND
from autoscaler.config.settings import PolicySource as Place
from autoscaler.config.settings import Settings
from autoscaler.daemon.doctor import Diagnosis, error, warning
from autoscaler.model.errors import InvalidPolicyError

_CHECK = "policy objects"


async def with_objects(
    examination: Examination, settings: Settings, loaded: LoadedPolicies, options: ReadOptions
) -> tuple[LoadedPolicies, list[Diagnosis]]:
    """Give the policies of files and, where the settings follow them, of ScalingPolicy objects; and what is wrong with those."""
    if Place.CLUSTER not in settings.policies:
        return loaded, []
    found: list[Diagnosis] = []
    try:
        places = await examination.places(GROUP, KIND)
        if not places:
            fix = "kubectl apply -f deploy/crds/scalingpolicies.yaml"
            return loaded, [error(_CHECK, f"the server does not know the kind {KIND}", fix)]
        namespaces = settings.namespaces or ("",)
        objects = [obj for name in namespaces for obj in await examination.objects(places[0], name)]
    except KubernetesError as failure:
        return loaded, [error(_CHECK, str(failure), f"allow list and watch on {RESOURCE}.{GROUP}: see deploy/base")]
    for obj in objects:
        try:
            policy = policy_of_object(obj, options)
        except InvalidPolicyError as failure:
            found += [error(_CHECK, str(replace(fault, hint="")), fault.hint) for fault in failure.faults]
            continue
        if policy.key in loaded.sources:
            what = f"{KIND} {policy.key} is kept out: {loaded.sources[policy.key]} has a policy of this name, and goes first"
            found.append(warning(_CHECK, what, "remove one of the two"))
            continue
        sources = {**loaded.sources, policy.key: PolicySource(document_of(obj))}
        loaded = replace(loaded, policies=(*loaded.policies, policy), sources=sources)
    return loaded, found or [Diagnosis(check=_CHECK, what=f"all {len(objects)} read well")]
