"""Rules of roles, role bindings and services."""

import pytest

from autoscaler.emulator.kinds.role import CLUSTER_ROLE, ROLE, ROLE_BINDING
from autoscaler.emulator.kinds.service import SERVICE, with_address
from autoscaler.model.json_types import JsonObject

GROUP = "rbac.authorization.k8s.io"


@pytest.mark.parametrize(
    ("rule", "texts"),
    [
        pytest.param({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, [], id="complete"),
        pytest.param(
            {"apiGroups": [""], "resources": ["pods"]},
            ["rules[0].verbs: Required value: verbs must contain at least one value"],
            id="no-verbs",
        ),
        pytest.param(
            {"verbs": ["get"]},
            [
                "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
                "rules[0].resources: Required value: resource rules must supply at least one resource",
            ],
            id="nothing-to-get",
        ),
        pytest.param(
            {"verbs": ["get"], "nonResourceURLs": ["/metrics"]},
            [
                'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: '
                "namespaced rules cannot apply to non-resource URLs"
            ],
            id="a-path-in-a-namespace",
        ),
    ],
)
def test_rules_of_a_role(rule: JsonObject, texts: list[str]) -> None:
    assert [str(fault) for fault in ROLE.validate({"rules": [rule]})] == texts


def test_a_cluster_role_may_name_paths() -> None:
    assert CLUSTER_ROLE.validate({"rules": [{"verbs": ["get"], "nonResourceURLs": ["/metrics"]}]}) == []


def test_a_binding_gets_its_groups_and_may_not_change_its_role() -> None:
    binding = ROLE_BINDING.with_defaults(
        {"subjects": [{"kind": "User", "name": "jane"}], "roleRef": {"kind": "Role", "name": "reader"}}
    )
    other = binding | {"roleRef": binding["roleRef"] | {"name": "writer"}}

    assert binding["roleRef"]["apiGroup"] == GROUP
    assert binding["subjects"] == [{"kind": "User", "name": "jane", "apiGroup": GROUP}]
    assert ROLE_BINDING.validate(binding) == []
    assert [fault.detail for fault in ROLE_BINDING.faults_of_update(other, binding)] == ["cannot change roleRef"]


def test_a_service_gets_a_type_protocols_target_ports_and_an_address() -> None:
    service = SERVICE.with_defaults({"metadata": {"uid": "0" * 31 + "1"}, "spec": {"ports": [{"port": 80}]}})

    placed = with_address(service)

    assert placed["spec"]["type"] == "ClusterIP"
    assert placed["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert placed["spec"]["clusterIPs"] == [placed["spec"]["clusterIP"]] == ["10.97.0.1"]
    assert SERVICE.validate(placed) == []


def test_a_service_without_ports_is_refused_unless_it_is_headless() -> None:
    bare = SERVICE.with_defaults({"spec": {}})
    headless = SERVICE.with_defaults({"spec": {"clusterIP": "None"}})

    assert [fault.field for fault in SERVICE.validate(bare)] == ["spec.ports"]
    assert SERVICE.validate(headless) == []
