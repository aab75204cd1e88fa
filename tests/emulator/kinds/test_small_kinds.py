"""Nodes, leases, events and budgets."""

from autoscaler.emulator.kinds.budget import BUDGET, after_eviction, eviction_refusal
from autoscaler.emulator.kinds.event import CORE_EVENT, NEW_EVENT, from_new_api, to_new_api
from autoscaler.emulator.kinds.lease import LEASE
from autoscaler.emulator.kinds.node import NODE, admitted_node
from autoscaler.model.field_errors import FieldError
from autoscaler.model.json_types import JsonObject


def _texts(faults: list[FieldError]) -> list[str]:
    return [str(fault) for fault in faults]


def test_a_new_node_is_not_ready() -> None:
    taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}

    assert admitted_node({})["spec"]["taints"] == [taint]
    assert admitted_node({"spec": {"taints": [taint]}})["spec"]["taints"] == [taint]


def test_taints() -> None:
    taints = [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule", "value": "2"}, {"key": "b"}]

    assert _texts(NODE.validate({"spec": {"taints": taints}})) == [
        'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"2","Effect":"NoSchedule","TimeAdded":null}: '
        "taints must be unique by key and effect pair",
        "metadata.taints[2].effect: Required value",
    ]


def test_leases() -> None:
    wrong = {"spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1, "strategy": "x", "holderIdentity": "me"}}

    assert LEASE.with_defaults(wrong)["spec"] == {
        "leaseDurationSeconds": 0,
        "leaseTransitions": -1,
        "holderIdentity": "me",
    }
    assert _texts(LEASE.validate(wrong)) == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ]


EVENT: JsonObject = {
    "metadata": {"name": "e", "namespace": "n"},
    "eventTime": "2026-01-02T03:04:05.000000Z",
    "reportingController": "example.com/scaler",
    "reportingInstance": "s-0",
    "action": "Rescale",
    "reason": "ScaledUp",
    "type": "Normal",
    "note": "from 2 to 4",
    "regarding": {"kind": "Deployment", "name": "w", "namespace": "n"},
}


def _event(**changes: object) -> JsonObject:
    return from_new_api(EVENT | changes)


def test_an_event_is_the_same_in_both_apis() -> None:
    stored = _event()

    assert stored["involvedObject"] == EVENT["regarding"]
    assert (stored["message"], stored["reportingComponent"]) == ("from 2 to 4", "example.com/scaler")
    assert to_new_api(stored) == EVENT | {"apiVersion": "events.k8s.io/v1"}
    assert NEW_EVENT.validate(stored) == []


def test_the_new_api_wants_complete_events() -> None:
    assert _texts(NEW_EVENT.validate(_event(action="", type="Bad", note="x" * 1025))) == [
        "action: Required value",
        'message: Invalid value: "": can have at most 1024 characters',
        'type: Invalid value: "": has invalid value: Bad',
    ]
    assert _texts(NEW_EVENT.validate(_event(eventTime=None))) == ["eventTime: Required value"]
    assert _texts(NEW_EVENT.validate(_event(series={"count": 1}))) == [
        'series.count: Invalid value: "": should be at least 2',
        "series.lastObservedTime: Required value",
    ]
    assert _texts(NEW_EVENT.faults_of_update(_event(note="other"), _event())) == [
        'message: Invalid value: "other": field is immutable'
    ]


def test_the_old_api_only_wants_the_namespaces_to_agree() -> None:
    old = {"metadata": {"name": "e", "namespace": "n"}, "involvedObject": {"kind": "Pod", "namespace": "other"}}

    assert _texts(CORE_EVENT.validate(old)) == [
        'involvedObject.namespace: Invalid value: "other": does not match event.namespace'
    ]
    assert CORE_EVENT.validate(old | {"involvedObject": {"namespace": "n"}}) == []


def test_events_about_cluster_scoped_objects_belong_to_default() -> None:
    node = {"kind": "Node", "name": "n1"}

    assert _texts(NEW_EVENT.validate(_event(regarding=node))) == [
        'involvedObject.namespace: Invalid value: "": does not match event.namespace'
    ]
    assert NEW_EVENT.validate(_event(regarding=node, metadata={"name": "e", "namespace": "default"})) == []


def test_budgets() -> None:
    both = {"spec": {"selector": {"matchLabels": {"app": "x"}}, "minAvailable": 1, "maxUnavailable": "150%"}}

    assert _texts(BUDGET.validate(both)) == [
        'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"x"}},"MaxUnavailable":"150%",'
        '"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
        'spec.maxUnavailable: Invalid value: "150%": must not be greater than 100%',
    ]
    assert _texts(BUDGET.validate_status({"status": {"disruptionsAllowed": -1}}, {})) == [
        "status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0"
    ]


def test_evictions_use_up_the_budget() -> None:
    metadata = {"name": "b", "generation": 1}
    status = {"observedGeneration": 1, "disruptionsAllowed": 1, "desiredHealthy": 2, "currentHealthy": 3}
    budget: JsonObject = {"metadata": metadata, "status": status}

    spent = after_eviction(budget, "p", "2026-01-02T03:04:05Z")

    assert eviction_refusal(budget) is None
    assert spent["status"]["disruptedPods"] == {"p": "2026-01-02T03:04:05Z"}
    refusal = eviction_refusal(spent)
    assert refusal is not None
    assert refusal.cause == "The disruption budget b needs 2 healthy pods and has 3 currently"
    unseen = eviction_refusal({"metadata": metadata | {"generation": 2}, "status": status})
    assert unseen is not None
    assert unseen.cause == "The disruption budget b is still being processed by the server."


def test_a_node_reports_each_address_once_and_keeps_its_provider() -> None:
    twice = {"status": {"addresses": [{"type": "InternalIP", "address": "1.1.1.1"}] * 2}}
    old, new = {"spec": {"providerID": "x://1"}}, {"spec": {"providerID": "x://2"}}

    assert _texts(NODE.validate_status(twice, {})) == [
        'status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"1.1.1.1"}'
    ]
    assert _texts(NODE.faults_of_update(new, old)) == [
        'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'
    ]
    assert NODE.with_defaults({"spec": {"podCIDR": "10.0.0.0/24"}})["spec"]["podCIDRs"] == ["10.0.0.0/24"]
