"""One decision in one or two sentences, the same words on the page, in logs, reports and on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from autoscaler.model.decision import Action, Decision, Proposal, Reason, Stage, WriteOutcome, WriteResult
from autoscaler.model.time import HOUR, MINUTE, SECOND, Instant

ShowInstant = Callable[[Instant], str]

_FAILED = re.compile(r"^failed to get [^:]*: ")  #: what "cannot be read" says already
_WITHIN = "within tolerance"  #: a proposal's note
_ASKING = frozenset({"metric", "combine"})  #: stages in which metrics ask; those after them allow or refuse
_TIMED = frozenset(
    {"stabilization", "rate rules", "competition", "shared budgets"}
)  #: stages that let go as time passes


def sentence(decision: Decision, outcome: WriteOutcome | None = None, *, show: ShowInstant | None = None) -> str:
    """Say what was decided and why, such as ``Staying at 12. cpu asks for 9, but 8 is the least ...``.

    ``outcome`` is how the write went: a refused or withheld one changes the opening words. ``show`` prints an instant
    for people; without it the time of day in UTC. Never empty, one line, ends with a full stop.
    """
    why = f"{_opening(decision, outcome)}. {_because(decision)}{_earliest(decision, show or utc_time_of_day)}."
    return " ".join((why, *_notes(decision)))


def utc_time_of_day(at: Instant) -> str:
    """Print ``HH:MM:SS`` of an instant that counts from the Unix epoch."""
    return f"{at // HOUR % 24:02d}:{at // MINUTE % 60:02d}:{at // SECOND % 60:02d}"


def metric_label(name: str) -> str:
    """Shorten a metric's name in messages to what people call it: ``cpu``, ``http_requests_per_second``.

    >>> metric_label("cpu resource utilization (percentage of request)")
    'cpu'
    >>> metric_label("external metric redis_queue_depth(nil)")
    'redis_queue_depth'
    """
    words = name.split("(")[0].split()
    if not words:
        return "a metric"
    return words[words.index("metric") + 1] if "metric" in words[:-1] else words[0]


def short_figure(text: str) -> str:
    """Cut the digits of a figure that nobody reads; text that is no plain number stays.

    >>> short_figure("95.778"), short_figure("1234.5"), short_figure("0.0512"), short_figure("84%")
    ('95.8', '1234', '0.051', '84%')
    """
    try:
        value = float(text)
    except ValueError:
        return text
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 else f"{value:.2g}"


def binding_stage(decision: Decision) -> Stage | None:
    """Give the last stage after the metrics that changed the number; ``None``: it is as they asked."""
    rules = [stage for stage in decision.stages if stage.stage not in _ASKING and stage.before != stage.after]
    return rules[-1] if rules else None


def earliest_change(decision: Decision) -> Instant | None:
    """Give when what holds the number may let go; ``None`` where that is for the metrics to say, and not for the clock."""
    at = decision.next_possible_change_at
    binding = binding_stage(decision)
    if at is None or at <= decision.at or decision.rescale or binding is None or binding.stage not in _TIMED:
        return None
    return at


def _opening(decision: Decision, outcome: WriteOutcome | None) -> str:
    move = _move(decision)
    if move is None:
        return _standing(decision)
    if outcome is not None and outcome.result is WriteResult.WITHHELD:
        return f"Would {move} ({_clause(outcome.error) if outcome.error else 'observing only'})"
    if outcome is not None and outcome.result is WriteResult.FAILED:
        return f"Wanted to {move}, but the write failed: {_clause(outcome.error)}"
    return {"grow": "Growing", "shrink": "Shrinking"}[move.split()[0]] + move.removeprefix(move.split()[0])


def _move(decision: Decision) -> str | None:
    match decision.action:
        case Action.SCALE_UP:
            return f"grow from {decision.current} to {decision.desired}"
        case Action.SCALE_DOWN:
            return f"shrink from {decision.current} to {decision.desired}"
        case Action.NONE:
            return None


def _notes(decision: Decision) -> Iterator[str]:
    """What people should know of the target although it settled nothing: a sentence each."""
    for stage in decision.steps:
        if stage.stage == "target":
            text = _clause(stage.why)
            yield f"{text[0].upper()}{text[1:]}."


def _standing(decision: Decision) -> str:
    if decision.current is None:
        return "Doing nothing"
    if decision.reason is Reason.TARGET_AT_ZERO:
        return "Switched off at 0"
    return f"Staying at {decision.current}"


def _because(decision: Decision) -> str:
    match decision.reason:
        case Reason.TARGET_MISSING:
            return f"The target's scale cannot be read: {_clause(decision.error)}"
        case Reason.TARGET_AT_ZERO:
            return "A target that stands at 0 replicas is left alone until somebody sets another number"
        case Reason.AMBIGUOUS if _competitors(decision):
            return _competitors(decision)
        case Reason.AMBIGUOUS:
            return f"Another policy selects the same pods: {_clause(decision.error)}"
        case Reason.METRIC_MISSING:
            return _missing(decision)
        case Reason.WITHIN_TOLERANCE:
            return _near_target(decision)
        case Reason.HELD if decision.steps[-1:] and decision.steps[-1].before == decision.steps[-1].after:
            return _clause(decision.steps[-1].why)
        case _:
            return _asked(decision)


def _competitors(decision: Decision) -> str:
    """Say who else scales the target, and what was asked for where that would have been another number."""
    told = next((stage for stage in decision.steps if stage.stage == "competition"), None)
    if told is None:
        return ""
    asking = _loudest(decision)
    if asking is None or asking.replicas == decision.desired:
        return f"{told.why[0].upper()}{_clause(told.why)[1:]}" if told.why[0].islower() else _clause(told.why)
    return f"{_asks(asking)}, but {_clause(told.why)}"


def _missing(decision: Decision) -> str:
    failed = next((proposal for proposal in decision.proposals if proposal.error), None)
    if failed is None:
        binding = binding_stage(decision)
        return f"A metric cannot be read: {_clause(binding.why if binding and not decision.error else decision.error)}"
    text = f"{metric_label(failed.name)} cannot be read: {_clause(_FAILED.sub('', failed.error))}"
    asking = _loudest(decision)
    if asking is None or asking.replicas == decision.desired:
        return text
    return f"{_asks(asking)}, but {text}"


def _near_target(decision: Decision) -> str:
    nearest = _loudest(decision)
    if nearest is None or not nearest.observed:
        return "Every metric is within tolerance of its target"
    return _near(nearest)


def _near(proposal: Proposal) -> str:
    return (
        f"{metric_label(proposal.name)} at {short_figure(proposal.observed)} is within tolerance of its target "
        f"{proposal.target}"
    )


def _asked(decision: Decision) -> str:
    loudest = _loudest(decision)
    binding = binding_stage(decision)
    if loudest is None:
        held = _held(binding) if binding is not None else decision.rescale_reason or decision.error
        return _clause(held or "Nothing asks")
    if binding is not None and loudest.replicas != decision.desired:
        return f"{_asks(loudest)}, but {_held(binding)}"
    if not decision.rescale and loudest.note == _WITHIN and loudest.observed:
        return _near(loudest)
    return _asks(loudest, for_what="" if decision.rescale else "no change")


def _asks(proposal: Proposal, for_what: str = "") -> str:
    evidence = ""
    if proposal.observed:
        doubt = _doubt(proposal) if for_what else ""
        evidence = f" ({short_figure(proposal.observed)} against {proposal.target}{doubt})"
    return f"{metric_label(proposal.name)} asks for {for_what or proposal.replicas}{evidence}"


def _doubt(proposal: Proposal) -> str:
    """Name the pods that were guessed at: they are why a metric that is off its target asks for no change."""
    if proposal.adjusted_ratio is None or proposal.pods is None:
        return ""
    return f", with {' and '.join(proposal.pods.doubtful.split(', '))} counted cautiously"


def _loudest(decision: Decision) -> Proposal | None:
    """Give the proposal that asks for most: the one that the combination of metrics follows."""
    able = [proposal for proposal in decision.proposals if proposal.replicas is not None]
    return max(able, key=lambda proposal: proposal.replicas or 0, default=None)


def _held(stage: Stage) -> str:
    """Say what a stage holds on to, in fewer words than the API's conditions use."""
    shrinks = stage.after > stage.before
    match stage.stage:
        case "stabilization":
            return f"the scale-{'down' if shrinks else 'up'} window still remembers {stage.after}"
        case "rate rules":
            return f"the scale-{'down' if shrinks else 'up'} rules allow {stage.after} for now"
        case "bounds":
            return f"{stage.after} is the {'minimum' if shrinks else 'maximum'}"
        case _:
            return _clause(stage.why)


def _earliest(decision: Decision, show: ShowInstant) -> str:
    """Name the time only where a window or a rate rule is what binds: elsewhere the next metrics decide, not the clock."""
    if decision.next_possible_change_at is not None and decision.reason is Reason.TARGET_MISSING:
        return f"; looked for again at {show(decision.next_possible_change_at)}"
    at = earliest_change(decision)
    return "" if at is None else f"; earliest change {show(at)}"


def _clause(text: str) -> str:
    """Make one line without a closing stop, so that it fits into a sentence."""
    return " ".join(text.split()).rstrip(".") or "no reason was given"
