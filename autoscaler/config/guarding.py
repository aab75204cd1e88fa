"""The blocks that a ScalingPolicy has beside those of an HPA, as people write them."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from autoscaler.config.blocks import Block, Multiple, OrOff
from autoscaler.config.fallback import FallbackBlock
from autoscaler.config.holds import HoldBlock
from autoscaler.config.target_guards import TargetGuards
from autoscaler.config.units import AnyPositiveShare, PositiveDuration, Share
from autoscaler.model.policy import Mode
from autoscaler.model.safety import Collapse, FlapBudget, Guarding, Safety
from autoscaler.model.time import seconds

#: How often a policy may ask to be evaluated [s].
SHORTEST_PERIOD: Final = 1
LONGEST_PERIOD: Final = 300


def _within_limits(value: float) -> float:
    if not SHORTEST_PERIOD <= value <= LONGEST_PERIOD:
        raise ValueError(f"has to be from {SHORTEST_PERIOD}s to {LONGEST_PERIOD // 60}m")
    return value


Period = Annotated[PositiveDuration, AfterValidator(_within_limits)]


def _off_is_none(value: Any) -> Any:
    return 0 if value is False or value == "off" else value


#: A count that `off` makes 0: an object's field takes whole numbers only.
Samples = Annotated[int, BeforeValidator(_off_is_none, json_schema_input_type=int), Field(ge=0, le=100)]


class CollapseBlock(Block):
    """A fall in what the metrics ask for that is too deep to be believed at once."""

    drop: Share = Field(
        default=0.8, gt=0, lt=1, description="Share of the current replicas that is no longer asked for. Default 80%."
    )
    confirm: PositiveDuration = Field(
        default=300.0, description="How long it has to be asked for throughout, before anything goes. Default 5m."
    )


class FlapBudgetBlock(Block):
    """How many pods may be started and stopped, both counted. When it is spent only growth passes."""

    share: AnyPositiveShare = Field(
        default=2.0,
        description="Budget as a share of the largest size within `per`. Default 200%: one rise from nothing and one fall "
        "back to it never spend it, a second one does.",
    )
    pods: int | None = Field(default=None, ge=1, description="Budget as a plain number, instead. Default: the share.")
    per: PositiveDuration = Field(default=3600.0, description="Any time of this length. Default 1h.")

    def budget(self) -> FlapBudget:
        """Give the model's value."""
        return FlapBudget(share=self.share, pods=self.pods, per=seconds(self.per))


class SafetyBlock(TargetGuards):
    """Guards against bad data and sudden change. Each is on by default, and `off` switches it off."""

    max_sample_age: OrOff[PositiveDuration] = Field(
        default=90.0, description="A sample older than this is missing, and nothing shrinks because of it. Default 90s."
    )
    min_coverage: OrOff[Share] = Field(
        default=0.8,
        description="While a smaller share of the pods that should have a sample has one, nothing shrinks. Default 80%.",
    )
    max_step_down: OrOff[Share] = Field(
        default=0.5, description="Most that one decision takes away, of the current replicas. Default 50%."
    )
    max_step_up: OrOff[Multiple] = Field(
        default=4.0,
        description="Most replicas that one decision leads to, as a multiple of the current ones, such as 4x (the "
        "default). Four more pods are always allowed.",
    )
    collapse: OrOff[CollapseBlock] = Field(
        default=CollapseBlock(), description="A deep fall has to last before it is believed. Default: 80% for 5m."
    )
    flap_budget: OrOff[FlapBudgetBlock] = Field(
        default=FlapBudgetBlock(), description="Starts and stops that are too many. Default: 200% in 1h."
    )
    fallback: OrOff[FallbackBlock] = Field(
        default=None, description="What stands in for metrics that stay away. Default: nothing, the size holds."
    )
    warm_up: Samples = Field(
        default=3,
        description="Good samples that have to come, after metrics were away, before anything shrinks. Default 3; 0 is none.",
    )
    hold_return: OrOff[Share] = Field(
        default=0.05,
        gt=0,
        description="Most of an imposed number that goes in each period once the hold has ended. Default 5%.",
    )


class GuardingBlocks(Block):
    """Everything in the spec of a ScalingPolicy that is not of an HPA's."""

    mode: Mode | None = Field(
        default=None,
        description="Apply: replicas are written. Observe: only decided and reported. Paused: not even decided. Default: "
        "what the controller was started with (--apply or not).",
    )
    pause_scale_up: bool = Field(default=False, description="Nothing grows while this is true. Default false.")
    pause_scale_down: bool = Field(default=False, description="Nothing shrinks while this is true. Default false.")
    period: Period | None = Field(
        default=None,
        description="Time between two evaluations, 1s to 5m. Default: the controller's (15s). Shorter than the metrics are "
        "renewed it only costs requests.",
    )
    hold: HoldBlock | None = Field(default=None, description="A number imposed for a while. Default: none.")
    holds: tuple[HoldBlock, ...] = Field(
        default=(), max_length=16, description="More holds, in the order in which they were imposed. Default: none."
    )
    safety: SafetyBlock = Field(default=SafetyBlock(), description="Guards; all are on by default.")

    def guarding(self) -> Guarding:
        """Give the model's value."""
        return Guarding(
            safety=_safety(self.safety),
            pause_scale_up=self.pause_scale_up,
            pause_scale_down=self.pause_scale_down,
            hold=None if self.hold is None else self.hold.hold(),
            holds=tuple(each.hold() for each in self.holds),
            period=None if self.period is None else seconds(self.period),
        )


def _safety(block: SafetyBlock) -> Safety:
    age, collapse = block.max_sample_age, block.collapse
    return Safety(
        max_sample_age=None if age is None else seconds(age),
        min_coverage=block.min_coverage,
        max_step_down=block.max_step_down,
        max_step_up=block.max_step_up,
        collapse=None if collapse is None else Collapse(drop=collapse.drop, confirm=seconds(collapse.confirm)),
        flap_budget=None if block.flap_budget is None else block.flap_budget.budget(),
        fallback=None if block.fallback is None else block.fallback.fallback(),
        warm_up=block.warm_up or None,
        hold_return=block.hold_return,
        **{name: getattr(block, name) for name in TargetGuards.model_fields},
    )
