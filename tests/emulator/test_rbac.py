"""Who may do what."""

from datetime import UTC, datetime

import pytest

from autoscaler.emulator.builtin import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    NAMESPACES,
    ROLE_BINDINGS,
    ROLES,
    builtin_registry,
)
from autoscaler.emulator.rbac import Attributes, Authorizer, rule_allows
from autoscaler.emulator.store import ObjectStore
from autoscaler.emulator.users import ADMIN, ANONYMOUS, AUTHENTICATED, User

SCALER = User(name="system:serviceaccount:shop:scaler", groups=("system:serviceaccounts", AUTHENTICATED))
LIST_PODS = Attributes(verb="list", resource="pods", namespace="shop")


@pytest.fixture
def store() -> ObjectStore:
    made = ObjectStore(builtin_registry(), lambda: datetime(2026, 11, 24, tzinfo=UTC))
    made.create(NAMESPACES, {"metadata": {"name": "shop"}})
    rule = {"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]}
    made.create(ROLES, {"metadata": {"name": "reader", "namespace": "shop"}, "rules": [rule]})
    made.create(CLUSTER_ROLES, {"metadata": {"name": "reader"}, "rules": [rule]})
    return made


def test_masters_may_do_everything_and_others_nothing_by_default(store: ObjectStore) -> None:
    authorizer = Authorizer(store)

    assert authorizer.decide(ADMIN, LIST_PODS).allowed
    assert not authorizer.decide(SCALER, LIST_PODS).allowed


def test_a_role_binding_counts_in_its_namespace_and_says_why(store: ObjectStore) -> None:
    subject = {"kind": "ServiceAccount", "name": "scaler", "namespace": "shop"}
    store.create(
        ROLE_BINDINGS,
        {
            "metadata": {"name": "b", "namespace": "shop"},
            "subjects": [subject],
            "roleRef": {"kind": "Role", "name": "reader"},
        },
    )
    authorizer = Authorizer(store)

    verdict = authorizer.decide(SCALER, LIST_PODS)

    assert verdict.allowed
    assert verdict.reason == 'RBAC: allowed by RoleBinding "b/shop" of Role "reader" to ServiceAccount "scaler/shop"'
    assert not authorizer.decide(SCALER, Attributes(verb="list", resource="pods")).allowed


def test_a_cluster_role_binding_counts_everywhere(store: ObjectStore) -> None:
    store.create(
        CLUSTER_ROLE_BINDINGS,
        {
            "metadata": {"name": "b"},
            "subjects": [{"kind": "Group", "name": "system:serviceaccounts"}],
            "roleRef": {"kind": "ClusterRole", "name": "reader"},
        },
    )

    assert Authorizer(store).decide(SCALER, Attributes(verb="list", resource="pods")).allowed


@pytest.mark.parametrize(
    ("user", "path", "allowed"),
    [(SCALER, "/apis", True), (SCALER, "/metrics", False), (ANONYMOUS, "/apis", False), (ANONYMOUS, "/readyz", True)],
)
def test_discovery_is_for_the_known_and_health_for_everybody(
    store: ObjectStore, user: User, path: str, allowed: bool
) -> None:
    assert Authorizer(store).decide(user, Attributes(verb="get", path=path)).allowed is allowed


@pytest.mark.parametrize(
    ("resources", "names", "subresource", "allowed"),
    [
        pytest.param(["deployments"], [], "", True, id="the-object"),
        pytest.param(["deployments"], [], "scale", False, id="an-object-is-not-its-scale"),
        pytest.param(["deployments/scale"], [], "scale", True, id="the-scale"),
        pytest.param(["*/scale"], [], "scale", True, id="any-scale"),
        pytest.param(["*"], ["web"], "", True, id="by-name"),
        pytest.param(["*"], ["other"], "", False, id="another-name"),
    ],
)
def test_rule_allows(resources: list[str], names: list[str], subresource: str, allowed: bool) -> None:
    rule = {"verbs": ["get"], "apiGroups": ["apps"], "resources": resources, "resourceNames": names}
    asked = Attributes(verb="get", group="apps", resource="deployments", subresource=subresource, name="web")

    assert rule_allows(rule, asked) is allowed
