"""Pools of nodes grow for pods that wait and shrink when nodes are under-used. Times are literal."""

from __future__ import annotations

import pytest

from tests.simulator.nodes.town import pool_of


def test_an_empty_node_goes_after_ten_minutes(town):
    place = town(pods={"initial_replicas": 4})
    place.go(5)
    place.web.set_replicas(2)  # both on small-0001, the newest, are gone at 6 s; under-used from the scan at 10 s on
    place.go(609.9)
    assert place.nodes == ["small-0000", "small-0001"]
    place.go(610)
    assert place.nodes == ["small-0000"]


def test_a_node_that_is_used_again_in_time_stays(town):
    place = town(pods={"initial_replicas": 4})
    place.web.set_replicas(2)
    place.go(500)
    place.web.set_replicas(4)
    place.go(530)
    place.web.set_replicas(2)
    place.go(1100)
    assert len(place.nodes) == 2
    place.go(1150)
    assert len(place.nodes) == 1


def test_pods_on_an_under_used_node_move_before_it_goes(town):
    big = pool_of("big", cpu=2, scale_down_below="60%")
    place = town(big, pods={"initial_replicas": 6})
    assert [len(place.pods_on(name)) for name in place.nodes] == [4, 2]
    place.web.delete_pod("web-00000")
    place.web.delete_pod("web-00001")  # 2 and 2: each half empty, all of them fit on one
    place.web.set_replicas(4)
    place.go(610)
    assert [pod.name for pod in place.web.pods() if pod.deleting] == ["web-00002", "web-00003"]
    assert place.pods_on("big-0001") == ["web-00004", "web-00005", "web-00006", "web-00007"]
    place.go(640)
    assert (place.nodes, place.ready) == (["big-0001"], 4)


def test_a_node_whose_pods_fit_nowhere_else_stays(town):
    place = town(pool_of(scale_down_below="60%"), pods={"initial_replicas": 4, "memory_request": "2Gi"})
    place.web.delete_pod("web-00000")
    place.web.set_replicas(3)
    place.go(2000)
    assert (len(place.nodes), place.ready) == (2, 3)


def test_a_pool_keeps_its_min(town):
    place = town(pool_of(min=3), pods={"initial_replicas": 1})
    place.go(3000)
    assert place.counts == (3, 3, 0)


def test_a_pool_below_its_min_is_filled_up(town):
    place = town(pool_of(min=3), pods={"initial_replicas": 1})
    place.world.lose_nodes("small", place.world.now, count=2)
    place.go(10)
    assert place.counts[:2] == (3, 1)


def test_a_pool_that_grew_does_not_shrink_for_a_while(town):
    place = town(pool_of(scale_down_after="5m"), pods={"initial_replicas": 4})
    place.web.set_replicas(2)  # small-0001 is under-used from 10 s on
    place.go(200)
    place.web.set_replicas(5)  # two on small-0001, one on small-0002, asked for at 210 s
    place.go(211)
    place.web.set_replicas(2)  # small-0001 is under-used again from 220 s on, small-0002 when it comes at 300 s
    place.go(519.9)
    assert place.nodes == ["small-0000", "small-0001", "small-0002"]
    place.go(520)
    assert place.nodes == ["small-0000", "small-0002"]
    place.go(610)
    assert place.nodes == ["small-0000"]


def test_a_dry_pool_is_left_alone_for_five_minutes_then_longer(town):
    storm = {"storms": [{"at": "1s", "dry": "20m"}], "notice": 0}
    place = town(pool_of(spot=storm), pods={"initial_replicas": 2})
    pool = place.world.nodes.pools[0]
    seen = []
    for second in (9, 10, 310, 911):
        place.go(second)
        seen.append(max(-1, (pool.back_off_until - place.world.start) // 10**9))
    # asked at 10 s: 5 min; at 310 s: 10 min; at 910 s: 20 min, by when the drought is over
    assert seen == [-1, 310, 910, 2110]
    place.go(2109)
    assert place.counts == (0, 0, 2)
    place.go(2110)
    assert place.counts == (1, 0, 2)


def test_while_one_pool_is_dry_another_grows(town):
    spot = pool_of("spot", priority=1, spot={"storms": [{"at": "1s", "dry": "1h"}], "notice": 0})
    place = town(spot, pool_of("on-demand"), pods={"initial_replicas": 2})
    place.go(10)
    assert place.nodes == ["on-demand-0000"]
    place.go(125)
    assert place.ready == 2


@pytest.mark.parametrize(("jitter", "expected"), [(0, {1.5}), ("20%", None)])
def test_provisioning_varies_within_its_share_and_by_seed(town, jitter, expected):
    def ready_at(seed):
        place = town(pool_of(jitter=jitter, scale_down_after="1h"), pods={"initial_replicas": 0}, seed=seed)
        place.web.set_replicas(20)
        place.go(200)
        return [
            round((counts.at - place.world.start) / 6e10, 3)
            for counts in place.world.nodes.books.history
            if sum(counts.ready)
        ]

    first = ready_at(1)
    assert first == ready_at(1)
    assert all(100 - 18 <= 60 * minutes <= 100 + 18 for minutes in first)
    if expected:
        assert set(first) == {1.667}
    else:
        assert len(first) == 10
        assert first != ready_at(2)


def half_empty(town, **pods):
    """Six pods on nodes for four, two of them gone: both nodes are half empty, and the pods of one fit on the other."""
    place = town(
        pool_of("big", cpu=2, scale_down_below="60%"), pods={"initial_replicas": 6, "disruption_budget": 1, **pods}
    )
    place.web.delete_pod("web-00000")
    place.web.delete_pod("web-00001")
    place.web.set_replicas(4)
    return place


def test_a_disruption_budget_lets_one_pod_go_at_a_time(town):
    place = half_empty(town)
    story = []
    for second in (610, 634.9, 635, 640, 664.9, 665, 666):
        place.go(second)
        story.append((len(place.pods_on("big-0000")), place.ready, len(place.nodes)))
    # one leaves at 610 s and is replaced 25 s later; the scan at 640 s lets the second go
    assert story == [(2, 3, 2), (1, 3, 2), (1, 4, 2), (1, 3, 2), (0, 3, 1), (0, 4, 1), (0, 4, 1)]


def test_a_drain_that_makes_no_progress_is_given_up(town):
    # a new pod needs an hour: after the first, none may leave; 2 min later the node takes pods again
    place = half_empty(town, startup="50m")
    place.go(729.9)
    assert [node.draining for node in place.world.nodes.pools[0].nodes] == [True, False]
    place.go(730)
    assert [node.draining for node in place.world.nodes.pools[0].nodes] == [False, False]
    assert (place.pods_on("big-0000"), place.ready) == (["web-00003"], 3)


def test_pods_that_the_budget_keeps_are_lost_when_the_notice_is_over(town):
    place = town(
        pool_of("spot", cpu=2, spot={"storms": [{"at": "1m"}], "notice": "30s"}),
        pods={"initial_replicas": 4, "disruption_budget": 1},
    )
    place.go(60)
    assert place.ready == 3
    place.go(89.9)
    assert place.ready == 3
    place.go(90)
    assert (place.ready, place.nodes) == (0, ["spot-0001"])
