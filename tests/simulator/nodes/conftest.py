"""A world with nodes, in a line."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.nodes.town import Town, pool_of


@pytest.fixture
def town(scenario):
    """Build a world from pools of nodes and other sections of a scenario."""

    def make(*pools: dict[str, Any], **sections: Any) -> Town:
        return Town(scenario(nodes=list(pools) or [pool_of()], **sections))

    return make
