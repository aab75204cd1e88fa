"""Usage as columns is the same as usage pod by pod."""

from __future__ import annotations

import pytest

from autoscaler.adapters.journal.codec import Codec
from autoscaler.adapters.journal.values import model_values
from autoscaler.model.observation import ContainerUsage, PodUsage, ResourceReading
from autoscaler.model.usage_columns import UsageColumns

ROWS = tuple(
    PodUsage(
        pod=name,
        containers=(ContainerUsage(name="app", usage=(("cpu", cpu), ("memory", memory))),),
        at=60,
        window=30,
    )
    for name, cpu, memory in (("a", 100, 7), ("b", 250, 9))
)


@pytest.fixture
def columns() -> UsageColumns:
    return UsageColumns(("a", "b"), "app", {"cpu": [100, 250], "memory": [7, 9]}, at=60, window=30)


def test_columns_read_like_the_tuple_of_their_rows(columns: UsageColumns) -> None:
    assert list(columns) == list(ROWS)
    assert (len(columns), columns[1], columns[-1:]) == (2, ROWS[1], ROWS[1:])
    assert repr(columns) == repr(ROWS)


def test_columns_equal_the_tuple_of_their_rows_either_way_round(columns: UsageColumns) -> None:
    assert columns == ROWS
    assert ROWS == columns
    assert hash(columns) == hash(ROWS)
    assert ResourceReading(pods=columns) == ResourceReading(pods=ROWS)
    assert columns != ROWS[:1]
    assert columns != UsageColumns(("a", "b"), "app", {"cpu": [100, 251], "memory": [7, 9]}, at=60, window=30)
    assert columns != [*ROWS]


def test_a_journal_keeps_columns_as_rows(columns: UsageColumns) -> None:
    codec = Codec(model_values())

    assert codec.decode(codec.encode(ResourceReading(pods=columns))) == ResourceReading(pods=ROWS)
