"""Who selects which pods."""

from __future__ import annotations

from autoscaler.control.ambiguity import SelectorIndex
from autoscaler.model.observation import Pod, PodResources
from autoscaler.model.policy import PolicyKey

A, B = PolicyKey(namespace="shop", name="a"), PolicyKey(namespace="shop", name="b")
ELSEWHERE = PolicyKey(namespace="bank", name="c")
PODS = (
    Pod(name="1", resources=PodResources(), labels=(("app", "web"), ("tier", "front"))),
    Pod(name="2", resources=PodResources(), labels=(("app", "web"), ("tier", "back"))),
)


def index(*keys: PolicyKey) -> SelectorIndex:
    made = SelectorIndex()
    for key in keys:
        made.register(key)
    return made


def test_a_registered_policy_selects_nothing_until_its_first_pass() -> None:
    made = index(A, B)
    made.update(A, "app=web")

    assert made.rivals("shop", PODS) == ()


def test_one_pod_in_common_is_enough() -> None:
    made = index(A, B)
    made.update(A, "app=web")
    made.update(B, "tier=back")

    assert made.rivals("shop", PODS) == ("shop/a", "shop/b")
    assert made.rivals("shop", PODS[:1]) == ()


def test_no_pods_are_no_ambiguity() -> None:
    made = index(A, B)
    made.update(A, "app=web")
    made.update(B, "app=web")

    assert made.rivals("shop", ()) == ()


def test_a_selector_that_changes_is_seen_at_once() -> None:
    made = index(A, B)
    made.update(A, "app=web")
    made.update(B, "app=web")
    assert made.rivals("shop", PODS) == ("shop/a", "shop/b")
    made.update(B, "app=other")

    assert made.rivals("shop", PODS) == ()


def test_a_lone_policy_with_the_selector_of_its_last_pass_is_settled() -> None:
    made = index(A, ELSEWHERE)
    assert not made.is_settled(A, "app=web")  # nothing noted yet
    made.update(A, "app=web")

    assert made.is_settled(A, "app=web")
    assert not made.is_settled(A, "app=other")
    made.register(B)
    assert not made.is_settled(A, "app=web")


def test_other_namespaces_unknown_policies_and_broken_selectors_do_not_count() -> None:
    made = index(A, ELSEWHERE)
    made.update(A, "app=web")
    made.update(ELSEWHERE, "app=web")
    made.update(B, "app=web")
    assert made.rivals("shop", PODS) == ()
    made.register(B)
    made.update(B, "app in (")

    assert made.rivals("shop", PODS) == ()
    assert made.rivals("nowhere", PODS) == ()


def test_forgetting_the_last_policy_forgets_the_namespace() -> None:
    made = index(A)
    made.forget(A)
    made.forget(A)

    assert made.rivals("shop", PODS) == ()
