"""Pods on nodes: who finds room where, who waits, and what happens to them when a node goes. Times are literal."""

from __future__ import annotations

import pytest

from autoscaler.model.observation import PodPhase
from autoscaler.model.time import SECOND
from autoscaler.simulator.traffic import constant
from tests.simulator.nodes.town import pool_of


def test_initial_pods_stand_on_nodes_that_are_there(town):
    place = town(pods={"initial_replicas": 3})
    assert (place.nodes, place.counts, place.ready) == (["small-0000", "small-0001"], (2, 2, 0), 3)
    assert place.pods_on("small-0000") == ["web-00000", "web-00001"]


def test_a_pod_for_which_there_is_room_starts_at_once(town):
    place = town(pods={"initial_replicas": 1})
    place.go(10)
    place.web.set_replicas(2)
    place.go(35)
    assert (place.counts, place.ready) == ((1, 1, 0), 2)


def test_a_pod_without_room_waits_for_a_node(town):
    # asked at 12 s; the scan at 20 s orders a node, ready at 110 s; then 20 s of start and 5 s until ready
    place = town(pods={"initial_replicas": 2})
    place.go(12)
    place.web.set_replicas(3)
    story = []
    for second in (12, 19.9, 20, 109.9, 110, 134.9, 135):
        place.go(second)
        story.append((*place.counts, place.ready))
    assert story == [(1, 1, 1, 2), (1, 1, 1, 2), (2, 1, 1, 2), (2, 1, 1, 2), (2, 2, 0, 2), (2, 2, 0, 2), (2, 2, 0, 3)]


def test_a_waiting_pod_looks_as_the_api_server_shows_it(town):
    place = town(pods={"initial_replicas": 2})
    place.web.set_replicas(3)
    waiting = place.web.pods()[2]
    assert (waiting.phase, waiting.started_at, waiting.ready) == (PodPhase.PENDING, None, None)
    place.go(101)
    started = place.web.pods()[2]
    assert (started.phase, started.started_at, started.ready.status) == (
        PodPhase.PENDING,
        place.world.start + 100 * SECOND,
        "False",
    )


@pytest.mark.parametrize(("provisioning", "ready_at"), [("0s", 36), ("30s", 66), ("5m", 336)])
def test_provisioning_delays_capacity_by_as_much(town, provisioning, ready_at):
    place = town(pool_of(provisioning=provisioning), pods={"initial_replicas": 2})
    place.go(1)
    place.web.set_replicas(4)
    place.go(ready_at - 1.01)
    assert place.ready == 2
    place.go(ready_at)
    assert place.ready == 4


def test_waiting_pods_are_packed_into_as_few_nodes_as_hold_them(town):
    place = town(pool_of(cpu=4, max=20), pods={"initial_replicas": 0})
    place.web.set_replicas(33)  # eight to a node
    place.go(10)
    assert place.counts == (5, 0, 33)


def test_pods_on_their_way_need_no_second_node(town):
    place = town(pods={"initial_replicas": 0})
    place.web.set_replicas(1)
    place.go(10)
    place.web.set_replicas(2)
    place.go(95)
    assert place.counts == (1, 0, 2)
    place.web.set_replicas(3)
    place.go(100)
    assert place.counts == (2, 1, 1)


def test_a_pool_at_its_max_leaves_pods_waiting_and_says_so(town):
    place = town(pool_of(max=2), pods={"initial_replicas": 2})
    place.web.set_replicas(7)
    place.go(600)
    assert (place.counts, place.ready) == ((2, 2, 3), 4)
    assert place.world.nodes.shortages(place.world.now) == (
        "web: up to 3 pods found no room, one for 10m: small was at its max of 2 nodes",
    )


def test_pods_that_wait_find_room_when_others_go(town):
    place = town(pool_of(max=1), pods={"initial_replicas": 2})
    place.web.set_replicas(3)
    place.web.delete_pod("web-00000")
    place.go(30)
    assert place.pods_on("small-0000") == ["web-00001", "web-00002"]


def test_a_pod_that_is_deleted_while_it_waits_is_forgotten(town):
    place = town(pods={"initial_replicas": 2})
    place.web.set_replicas(3)
    place.web.set_replicas(2)
    place.go(60)
    assert (place.counts, place.ready) == ((1, 1, 0), 2)


def test_initial_pods_beyond_the_max_wait(town):
    place = town(pool_of(max=1), pods={"initial_replicas": 3})
    assert (place.counts, place.ready) == ((1, 1, 1), 2)


def test_an_image_is_pulled_once_per_node(town):
    place = town(pods={"initial_replicas": 0, "image_pull": "60s"})
    place.web.set_replicas(1)
    place.go(150)  # the node came at 100 s
    place.web.set_replicas(2)
    place.go(174.9)
    assert place.ready == 0
    place.go(175)  # 25 s after 150 s: it did not pull
    assert place.ready == 1
    place.go(185)  # 85 s after 100 s: it did
    assert place.ready == 2


def test_important_pods_find_room_first(town, scenario):
    place = town(pool_of(max=1), pods={"initial_replicas": 2})
    api = scenario(target={"name": "api"}, pods={"initial_replicas": 0, "priority": 5})
    other = place.world.add(api, constant(1))
    place.web.set_replicas(3)
    place.go(1)
    other.set_replicas(1)
    place.go(2)
    place.web.delete_pod("web-00000")
    place.go(30)
    assert place.pods_on("small-0000") == ["web-00001", "api-00000"]
    assert place.counts == (1, 1, 1)


def test_the_cheapest_pool_per_pod_grows_first_and_the_next_when_it_is_full(town):
    cheap = pool_of("cheap", cpu=2, price_per_hour=0.1, max=2)  # 2.5 cents a pod
    small = pool_of("small", cpu=1, price_per_hour=0.09)  # 4.5 cents a pod
    place = town(small, cheap, pods={"initial_replicas": 0})
    place.web.set_replicas(9)
    place.go(10)
    assert place.nodes == ["small-0000", "cheap-0000", "cheap-0001"]


def test_a_pool_of_higher_priority_grows_first_whatever_it_costs(town):
    place = town(pool_of("cheap"), pool_of("dear", price_per_hour=9, priority=1), pods={"initial_replicas": 0})
    place.web.set_replicas(1)
    place.go(10)
    assert place.nodes == ["dear-0000"]


def test_a_pod_that_no_shape_holds_orders_nothing(town):
    place = town(pods={"initial_replicas": 0, "cpu_request": "2"})
    place.web.set_replicas(1)
    place.go(120)
    assert place.counts == (0, 0, 1)
    assert place.world.nodes.shortages(place.world.now) == (
        "web: up to 1 pod found no room, one for 2m: no pool has nodes of that size",
    )


def test_losing_a_node_loses_its_pods_and_others_begin(town):
    place = town(pods={"initial_replicas": 4})
    place.go(5)
    assert place.world.lose_nodes("small", place.world.now, count=1) == 1
    place.go(6)
    assert (place.counts, place.ready) == ((1, 1, 2), 2)
    place.go(10)
    assert place.counts == (2, 1, 2)
    place.go(125)
    assert (place.counts, place.ready) == ((2, 2, 0), 4)


@pytest.mark.parametrize(("share", "lost"), [(1.0, 5), (0.5, 3), (0.01, 1)])
def test_a_share_of_a_pool_is_whole_nodes_and_at_least_one(town, share, lost):
    place = town(pods={"initial_replicas": 10})
    assert place.world.lose_nodes("small", place.world.now, share=share) == lost
    assert len(place.nodes) == 5 - lost


def test_no_more_nodes_are_lost_than_there_are(town):
    place = town(pods={"initial_replicas": 2})
    assert place.world.lose_nodes("small", place.world.now, count=9) == 1
    assert place.world.lose_nodes("small", place.world.now) == 0
    with pytest.raises(ValueError, match="there are no nodes called big"):
        place.world.lose_nodes("big", place.world.now)
