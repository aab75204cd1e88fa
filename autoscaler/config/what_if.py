"""Changes to one pass, as people write them for `what-if`: ``cpu=80%``, ``cpu=+20%``, ``replicas=7``, ``spec.maxReplicas=30``.

A metric goes by what people call it, or by its place, ``metrics[1]``. Of a policy's own blocks only what is named is taken
from the edit; everything else stays as the policy has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final

from pydantic import ValidationError

from autoscaler.config.documents import load
from autoscaler.config.durations import DurationError, parse_duration
from autoscaler.config.edits import Edit, EditError, edited
from autoscaler.config.guarding import GuardingBlocks
from autoscaler.config.hpa import ReadOptions
from autoscaler.config.policy_write import policy_document
from autoscaler.config.scaling_policy import read_any_policy
from autoscaler.config.suggestions import did_you_mean
from autoscaler.control.past import Past
from autoscaler.control.replay import seen_by
from autoscaler.engine.alternatives import Alternative
from autoscaler.engine.explain import metric_label
from autoscaler.engine.recommend.calculation import MetricFailedError
from autoscaler.engine.recommend.wording import metric_name
from autoscaler.engine.variations import at_instant, with_replicas
from autoscaler.model.errors import Fault, InvalidInputError, InvalidPolicyError
from autoscaler.model.json_types import JsonValue
from autoscaler.model.observation import Milli, Observation, Scale
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.quantity import Quantity, QuantityError

_SOURCE: Final = "what-if"
_OWN: Final = {field.alias or name: name for name, field in GuardingBlocks.model_fields.items()}
_PERCENT: Final = re.compile(r"[0-9]+(\.[0-9]+)?%")
_EXAMPLES: Final = "such as cpu=80%, cpu=+20%, cpu=missing, replicas=7, time=+5m or spec.maxReplicas=30"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A pass with the changes made."""

    policy: ScalingPolicy
    observation: Observation


def changed(past: Past, texts: Sequence[str]) -> Changed:
    """Make the changes: those of the policy first, then those of what it sees, in order.

    Raises:
        InvalidInputError: one of them is no change, or leads to something that may not be.
    """
    try:
        edits = [_parsed(text) for text in texts]
        policy = _with_policy_edits(past.policy, [edit for edit in edits if edit.steps[0] == "spec"], past)
        seen = past.record.observation
        if policy.metrics != past.policy.metrics:
            seen = seen_by(policy, seen, past.policy.metrics)
        alternative = Alternative(policy, seen, past.memory, past.config)
        for edit in edits:
            if edit.steps[0] != "spec":
                _change(alternative, policy, edit)
    except EditError as error:
        raise InvalidInputError([Fault(what=str(error))]) from error
    return Changed(policy=policy, observation=alternative.observation)


def _parsed(text: str) -> Edit:
    path, sign, value = text.partition("=")
    if not sign or not path.strip() or not value.strip():
        raise EditError(f"{text!r} is no change; write NAME=VALUE, {_EXAMPLES}")
    return Edit.parse(text)


def _written(edit: Edit) -> str:
    """What stands behind the sign, as it was written."""
    return edit.text.partition("=")[2].strip()


def _change(alternative: Alternative, policy: ScalingPolicy, edit: Edit) -> None:
    match edit.steps:
        case ("replicas",):
            _stand_at(alternative, edit)
        case ("time",):
            _let_pass(alternative, edit)
        case _:
            _put_metric(alternative, policy, edit)


def _stand_at(alternative: Alternative, edit: Edit) -> None:
    seen, text = alternative.observation, _written(edit)
    if not isinstance(seen.scale, Scale):
        raise EditError(f"{edit.text}: the target's scale could not be read, so it stands nowhere")
    try:
        replicas = seen.scale.spec_replicas + int(text) if text[0] in "+-" else int(text)
    except ValueError as error:
        raise EditError(f"{edit.text}: replicas is a whole number, such as 7, or +2 for two more") from error
    if not 0 <= replicas <= 2**31 - 1:
        raise EditError(f"{edit.text}: there cannot be {replicas} replicas")
    alternative.observation = with_replicas(seen, seen.scale, replicas)


def _let_pass(alternative: Alternative, edit: Edit) -> None:
    text = _written(edit)
    try:
        if not text.startswith("+"):
            raise DurationError("time only goes on")
        span = parse_duration(text[1:])
    except DurationError as error:
        raise EditError(f"{edit.text}: {error}; write how much later, such as time=+5m") from error
    alternative.observation = at_instant(alternative.observation, alternative.observation.at + span)


def _put_metric(alternative: Alternative, policy: ScalingPolicy, edit: Edit) -> None:
    index = _index(policy, edit)
    label, text = metric_label(metric_name(policy.metrics[index])), _written(edit)
    if text == "missing":
        alternative.lose(index)
        return
    relative = text[0] in "+-"
    try:
        if relative:
            alternative.set_value(index, _beside(alternative.value(index), text, label))
        elif text.endswith("%"):
            alternative.set_percent(index, _percent(policy, index, text, label))
        else:
            alternative.set_value(index, Quantity.parse(text).milli())
    except QuantityError as error:
        raise EditError(
            f"{edit.text}: {text!r} is no value; write a percentage, a quantity such as 250m, +20% or missing"
        ) from error
    except MetricFailedError as error:
        raise EditError(f"{edit.text}: {error}") from error


def _beside(now: Milli | None, text: str, label: str) -> Milli:
    """Give the value that much above or below the present one."""
    if now is None:
        raise EditError(f"{label}={text}: {label} gives no value now; name one")
    if _PERCENT.fullmatch(text[1:]):
        share = float(text[1:-1]) / 100
        value = round(now * (1 + share if text[0] == "+" else 1 - share))
    else:
        step = Quantity.parse(text[1:]).milli()
        value = now + step if text[0] == "+" else now - step
    if value < 0:
        raise EditError(f"{label}={text}: {label} cannot be below 0")
    return value


def _percent(policy: ScalingPolicy, index: int, text: str, label: str) -> int:
    held = getattr(policy.metrics[index], "target", None)
    if held is None or held.average_utilization is None:
        raise EditError(f"{label}={text}: its target is no percentage; write a quantity, or +20% for that much more")
    if not text[:-1].isdecimal():
        raise EditError(f"{label}={text}: a utilization is a whole percentage")
    return int(text[:-1])


def _index(policy: ScalingPolicy, edit: Edit) -> int:
    """Find the metric that is meant."""
    steps = edit.steps[1:] if edit.steps[0] == "metrics" and len(edit.steps) > 1 else edit.steps
    labels = [metric_label(metric_name(metric)) for metric in policy.metrics]
    name = ".".join(steps)
    if name.isdecimal() and int(name) < len(labels):
        return int(name)
    found = [index for index, label in enumerate(labels) if label == name]
    if len(found) > 1:
        places = " or ".join(f"metrics[{index}]" for index in found)
        raise EditError(f"{edit.text}: {len(found)} metrics are called {name}; write {places}")
    if not found:
        known = [*dict.fromkeys(labels), "replicas", "time", "spec"]
        raise EditError(f"{edit.text}: nothing is called {name}; {did_you_mean(name, known)}")
    return found[0]


def _with_policy_edits(policy: ScalingPolicy, edits: Sequence[Edit], past: Past) -> ScalingPolicy:
    """Edit the policy: its HPA part as a manifest, its own blocks field by field."""
    own = [edit for edit in edits if len(edit.steps) > 1 and edit.steps[1] in _OWN]
    shared = [edit for edit in edits if edit not in own]
    if shared:
        read = _read(policy, shared, ReadOptions(mode=policy.mode, gates=past.config.gates))
        policy = replace(
            policy,
            target=read.target,
            min_replicas=read.min_replicas,
            max_replicas=read.max_replicas,
            metrics=read.metrics,
            behavior=read.behavior,
        )
    for edit in own:
        policy = _with_own(policy, edit)
    return policy


def _read(policy: ScalingPolicy, edits: Sequence[Edit], options: ReadOptions) -> ScalingPolicy:
    (document,) = load(json.dumps(policy_document(policy)), _SOURCE)
    try:
        return read_any_policy(edited(document, edits), options)
    except InvalidPolicyError as error:  # a document that nobody wrote has no lines
        raise InvalidPolicyError([replace(fault, source="", line=None) for fault in error.faults]) from error


def _with_own(policy: ScalingPolicy, edit: Edit) -> ScalingPolicy:
    if policy.guarding is None and edit.steps[1] != "mode":
        raise EditError(f"{edit.text}: an HPA has no {edit.steps[1]}; a ScalingPolicy has")
    nested: JsonValue = edit.value
    for step in reversed(edit.steps[1:]):
        nested = {step: nested}
    try:
        blocks = GuardingBlocks.model_validate(nested)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(step) for step in ("spec", *first["loc"]))
        what = first["msg"].removeprefix("Value error, ")
        raise InvalidPolicyError([Fault(what=what, path=path)]) from error
    if edit.steps[1] == "mode":
        return replace(policy, mode=blocks.mode or policy.mode)
    return replace(policy, guarding=_taken(policy.guarding, blocks.guarding(), edit.steps[1:]))


def _taken(old: Any, new: Any, steps: Sequence[str]) -> Any:
    """Give ``old`` with the field that ``steps`` lead to taken from ``new``; the whole of it where a field is unlike."""
    if not steps or not is_dataclass(old) or type(old) is not type(new):
        return new
    name = _snake(steps[0])
    if name not in {field.name for field in fields(old)}:
        return new
    assert not isinstance(old, type)
    return replace(old, **{name: _taken(getattr(old, name), getattr(new, name), steps[1:])})


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"_{match[1].lower()}", name)
