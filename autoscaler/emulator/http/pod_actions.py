"""POSTs to a pod: binding it to a node, evicting it.

Source: kubernetes pkg/registry/core/pod/storage/storage.go (BindingREST), eviction.go.
"""

from datetime import datetime
from typing import Final

from aiohttp import web

from autoscaler.config.go_time import format_time
from autoscaler.emulator import errors
from autoscaler.emulator.builtin import BINDINGS, DISRUPTION_BUDGETS, NODES, PODS
from autoscaler.emulator.deletion import DeleteOptions
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.http.bodies import read_body
from autoscaler.emulator.http.exchange import Exchange, plain
from autoscaler.emulator.kinds.budget import EvictionRefusal, after_eviction, eviction_refusal
from autoscaler.emulator.kinds.pod import binding_refusal, bound
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.field_errors import not_supported, required
from autoscaler.model.json_types import JsonObject
from autoscaler.model.label_query import SelectorError, selector_of_object

EVICTION: Final = Resource(group="policy", version="v1", plural="evictions", kind="Eviction", singular="eviction")
_SUCCESS: Final = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
_RETRY_S: Final = 10
"""When to try again while a budget's status is behind its spec."""
_SEVERAL: Final = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."


def read_log(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer a GET of a pod's log: nothing runs here, so nothing has been said; without a node there is no content."""
    info = exchange.info
    pod = store.get(PODS, info.name, info.namespace)
    _check_container(pod, exchange.query.get("container", ""))
    node = pod["spec"].get("nodeName")
    if not node:
        return web.Response(status=204)
    store.get(NODES, node)
    return plain("", 200)


def _check_container(pod: JsonObject, wanted: str) -> None:
    """Refuse a container that the pod has not, or an open choice among several.

    Raises:
        ApiError: 400.
    """
    name, spec = pod["metadata"]["name"], pod["spec"]
    main, initial = ([item["name"] for item in spec.get(field) or []] for field in ("containers", "initContainers"))
    if wanted:
        if wanted not in (*main, *initial):
            raise errors.bad_request(f"container {wanted} is not valid for pod {name}")
    elif len(main) > 1:
        choice = f"a container name must be specified for pod {name}, choose one of: [{' '.join(main)}]"
        others = f" or one of the init containers: [{' '.join(initial)}]" if initial else ""
        raise errors.bad_request(choice + others)


async def bind_pod(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer a Binding, below a pod or by itself: the pod gets the node, and the condition PodScheduled."""
    info = exchange.info
    options = exchange.write_options("CreateOptions")
    content_type = exchange.request.headers.get("Content-Type", "")
    binding = read_body(BINDINGS, content_type, await exchange.request.read()).obj
    name = info.name or (binding.get("metadata") or {}).get("name", "")
    target = binding.get("target") or {}
    _check_target(name, target)
    node = target.get("name", "")
    now = store.clock()
    store.change(PODS, name, info.namespace, lambda pod: _bound(pod, node, now), options, "binding")
    return exchange.respond(_SUCCESS, 201)


def _check_target(pod: str, target: JsonObject) -> None:
    faults = []
    if target.get("kind", "") not in ("", "Node"):
        faults.append(not_supported("target.kind", target["kind"], ["Node", "<empty>"]))
    if not target.get("name"):
        faults.append(required("target.name"))
    if faults:
        raise errors.invalid("", "Binding", pod, faults)


def _bound(pod: JsonObject, node: str, now: datetime) -> JsonObject:
    if refusal := binding_refusal(pod):
        raise errors.conflict("", "pods/binding", pod["metadata"]["name"], refusal)
    return bound(pod, node, now)


async def evict_pod(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer an Eviction: delete the pod if its disruption budget allows it."""
    info = exchange.info
    options = exchange.write_options("CreateOptions")
    content_type = exchange.request.headers.get("Content-Type", "")
    eviction = read_body(EVICTION, content_type, await exchange.request.read()).obj
    named = (eviction.get("metadata") or {}).get("name", info.name)
    if named != info.name:
        why = f"the name of the object ({named}) does not match the name on the URL ({info.name})"
        raise errors.bad_request(why)
    pod = store.get(PODS, info.name, info.namespace)
    wanted = eviction.get("deleteOptions") or {}
    preconditions = wanted.get("preconditions") or {}
    delete = DeleteOptions(
        grace_period_seconds=wanted.get("gracePeriodSeconds"),
        uid=preconditions.get("uid"),
        resource_version=preconditions.get("resourceVersion"),
        dry_run=options.dry_run or bool(wanted.get("dryRun")),
    )
    if not _leaves_freely(pod):
        _spend_budget(store, pod, dry_run=delete.dry_run)
    store.delete(PODS, info.name, info.namespace, delete)
    return exchange.respond(_SUCCESS, 201)


def _leaves_freely(pod: JsonObject) -> bool:
    """Whether no budget counts the pod: it has ended, has not begun, or is going already."""
    phase = pod.get("status", {}).get("phase")
    return phase in ("Succeeded", "Failed", "Pending") or "deletionTimestamp" in pod["metadata"]


def _spend_budget(store: ObjectStore, pod: JsonObject, *, dry_run: bool) -> None:
    """Take one disruption from the budget that covers the pod.

    Raises:
        ApiError: 429 when nothing is left, 500 when several budgets cover it.
    """
    namespace = pod["metadata"]["namespace"]
    covering = [budget for budget in store.items(DISRUPTION_BUDGETS, namespace) if _covers(budget, pod)]
    if not covering:
        return
    if len(covering) > 1:
        raise errors.internal_error(_SEVERAL)
    budget = covering[0]
    if (refusal := eviction_refusal(budget)) is not None:
        if not _is_unhealthy_and_free(budget, pod):
            raise _refused(refusal, budget)
    elif not dry_run:
        spent = after_eviction(budget, pod["metadata"]["name"], format_time(store.clock()))
        status = {"status": spent["status"]}
        name = budget["metadata"]["name"]
        store.change(DISRUPTION_BUDGETS, name, namespace, lambda found: found | status, subresource="status")


def _covers(budget: JsonObject, pod: JsonObject) -> bool:
    try:
        return selector_of_object((budget.get("spec") or {}).get("selector")).matches(pod)
    except SelectorError:
        return False


def _is_unhealthy_and_free(budget: JsonObject, pod: JsonObject) -> bool:
    """Whether a pod that is not ready may go although the budget is spent."""
    conditions = pod.get("status", {}).get("conditions") or []
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    if ready:
        return False
    status = budget.get("status") or {}
    if (budget.get("spec") or {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    return bool(status.get("currentHealthy", 0) >= status.get("desiredHealthy", 0) > 0)


def _refused(refusal: EvictionRefusal, budget: JsonObject) -> ApiError:
    cause = {"reason": "DisruptionBudget", "message": refusal.cause}
    details: JsonObject = {"causes": [cause]}
    error = ApiError(429, "TooManyRequests", refusal.message, details)
    observed = (budget.get("status") or {}).get("observedGeneration", 0)
    if observed < budget["metadata"].get("generation", 0):
        details["retryAfterSeconds"] = _RETRY_S
        error.headers["Retry-After"] = str(_RETRY_S)
    return error
