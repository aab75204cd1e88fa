"""The switches of guards that look at the target itself: each is on unless it says `off`."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from autoscaler.config.blocks import Block

_WORDS: Final = {"on": True, "off": False}


def _on_or_off(value: Any) -> Any:
    if value is None:
        raise ValueError("is empty: leave it out for the default, or write `off`")
    return _WORDS.get(value, value) if isinstance(value, str) else value  # unquoted, both are booleans in YAML


Switch = Annotated[bool, BeforeValidator(_on_or_off, json_schema_input_type=bool), Field(strict=True)]


class TargetGuards(Block):
    """What is known of the target beyond its scale, and heeded."""

    rollout_hold: Switch = Field(
        default=True,
        description="While a rollout replaces pods nothing shrinks, and replicas grow by one step of the scale-up rules at "
        "most, counted from where they stood when it began. Default true.",
    )
    unready_hold: Switch = Field(
        default=True, description="While not one pod is ready nothing shrinks, whatever the metrics say. Default true."
    )
    refusal_cap: Switch = Field(
        default=True,
        description="Where new pods are refused, by a quota or otherwise, one more than exist is asked for and no more. "
        "Default true.",
    )
    first_sample: Switch = Field(
        default=True,
        description="Nothing shrinks, not even to maxReplicas, before some metric could be read once. Default true.",
    )
    live_pods_only: Switch = Field(
        default=True, description="Samples of pods that do not exist (any more) count as missing. Default true."
    )
    yield_to_others: Switch = Field(
        default=True,
        description="While something else scales the same target nothing is written, and who does is told. Default true.",
    )
