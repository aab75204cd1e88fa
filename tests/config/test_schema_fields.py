"""A schema as a list of fields: paths, meanings, and parts that occur more than once."""

from __future__ import annotations

from pydantic import BaseModel, Field

from autoscaler.config.scenario import Scenario
from autoscaler.config.schema_fields import FieldRow, field_rows


class Leaf(BaseModel):
    """A leaf of a tree.

    The first paragraph is enough.
    """

    size: float = Field(description="Its size [cm].\n  Default 3.")


class Tree(BaseModel):
    """A tree."""

    name: str = Field(description="What it is called.")
    leaves: tuple[Leaf, ...] = Field(default=(), description="All of them.")
    best: Leaf | None = Field(default=None, description="The largest.")
    worst: Leaf
    parts: tuple[Tree, ...] = ()


class Wood(BaseModel):
    """Trees."""

    tree: Tree
    fallen: Leaf


def test_fields_are_listed_in_order_and_parts_once():
    assert field_rows(Wood.model_json_schema()) == [
        FieldRow("tree", "A tree."),
        FieldRow("tree.name", "What it is called."),
        FieldRow("tree.leaves[]", "All of them. As `fallen`."),
        FieldRow("tree.best", "The largest. As `fallen`."),
        FieldRow("tree.worst", "As `fallen`."),
        FieldRow("tree.parts[]", "As `tree`."),
        FieldRow("fallen", "A leaf of a tree."),
        FieldRow("fallen.size", "Its size [cm]. Default 3."),
    ]


def test_a_scenario_has_every_section_and_no_field_without_a_meaning():
    rows = field_rows(Scenario.model_json_schema())
    assert all(row.meaning for row in rows)
    assert len({row.path for row in rows}) == len(rows)
    assert FieldRow("pods.warmup.for", "How long a pod is young, from its readiness on [s].") in rows
    assert FieldRow("beside[].service", "As `service`.") in rows
