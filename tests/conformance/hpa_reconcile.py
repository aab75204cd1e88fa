"""Whole passes: each step of a case goes through the real controller, as a driver would take it there."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

from autoscaler.config.hpa_build import build_policy
from autoscaler.config.hpa_defaults import with_defaults
from autoscaler.config.hpa_status import status_from_object, status_to_object
from autoscaler.control.controller import Controller
from autoscaler.control.messages import (
    Announce,
    EvaluationDue,
    Event,
    Instruction,
    Observe,
    PolicyAccepted,
    Record,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    StatusRefused,
    TargetObserved,
    WriteScale,
    WriteStatus,
)
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.label_query import SelectorError
from autoscaler.model.observation import Observation, Pod, Scale, ScaleUnavailable
from autoscaler.model.policy import Mode, ObjectRef, PolicyKey, ScalingPolicy
from tests.conformance.hpa_world import (
    Json,
    conditions_of,
    config_of,
    instant,
    memory_of,
    offset,
    pods_of,
    reading_of,
    state_of,
)

_KNOWN_TARGETS = {
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("", "ReplicationController"),
}


class Cluster:
    """The world of a case between two steps: the target's scale and what the HPA object holds."""

    def __init__(self, case: Json) -> None:
        self.spec_replicas = 0
        self.status_replicas = 0
        self.selector = ""
        self.hpa: Json = deepcopy(case["hpa"])
        self.defaults = case.get("apply_defaults", True)
        self.gates = case.get("gates") or {}
        self.status: PolicyStatus = status_from_object(self.hpa)

    def policy(self) -> ScalingPolicy:
        hpa = with_defaults(self.hpa) if self.defaults else self.hpa
        return build_policy(hpa, Mode.APPLY)

    def enter(self, step: Json) -> None:
        """Apply what a step says of the scale and the spec."""
        if step.get("spec") is not None:
            self.hpa["spec"] = step["spec"]
        if step.get("scale") is None:
            return
        scale = step["scale"]
        self.spec_replicas = scale.get("spec_replicas", self.spec_replicas)
        self.status_replicas = scale.get("status_replicas", self.spec_replicas)
        self.selector = scale.get("selector", self.selector)

    def scale(self, step: Json, policy: ScalingPolicy) -> Scale | ScaleUnavailable:
        """Read the scale subresource as upstream's controller does, with its words for what fails."""
        target, where = policy.target, f"{policy.target.kind}/{policy.key.namespace}/{policy.target.name}"
        if target.api_version.count("/") > 1:
            error = f"unexpected GroupVersion string: {target.api_version}"
            message = f"invalid API version in scale target reference: {error}"
            return ScaleUnavailable(error=error, message=message, blames_policy=True)
        group = target.api_version.rpartition("/")[0]
        if (group, target.kind) not in _KNOWN_TARGETS:
            error = f'no matches for kind "{target.kind}" in group "{group}"'
            return ScaleUnavailable(
                error=error, message=f"unable to determine resource for scale target reference: {error}"
            )
        failure = (step.get("scale") or {}).get("get_error")
        if failure:
            return ScaleUnavailable(error=failure, message=f"failed to query scale subresource for {where}: {failure}")
        return Scale(spec_replicas=self.spec_replicas, status_replicas=self.status_replicas, selector=self.selector)


class Driver:
    """Carries the controller's instructions out on a ``Cluster`` and keeps what an observer would see."""

    def __init__(self, case: Json) -> None:
        self.cluster = Cluster(case)
        self.controller = Controller(config_of(case))
        policy = self.cluster.policy()
        self.key = policy.key
        self._register_others(case, policy)
        self.controller.handle(PolicyAccepted(policy=policy, status=self.cluster.status, memory=memory_of(case)))
        if not case.get("registered", True):  # upstream's controller has not seen it yet
            self.controller._selectors.forget(self.key)

    def _register_others(self, case: Json, policy: ScalingPolicy) -> None:
        """Other HPAs take part in ambiguity with the selector of their own last pass: let each have one."""
        for other in case.get("other_hpas") or ():
            key = PolicyKey(namespace=other["namespace"], name=other["name"])
            self.controller.handle(PolicyAccepted(policy=_bystander(key, policy.target)))
            self.controller.handle(EvaluationDue(key=key, at=instant(0)))
            scale = Scale(spec_replicas=1, status_replicas=1, selector=other.get("selector") or "")
            self.controller.handle(TargetObserved(key=key, observation=Observation(at=instant(0), scale=scale)))

    def step(self, step: Json) -> Json:
        """Make one pass and report what it did."""
        self.cluster.enter(step)
        self.seen: Json = {
            "at": step["at"], "events": [], "scale_updates": [], "status_updates": 0, "_step": step,
        }  # fmt: skip
        self.update_errors = list((step.get("scale") or {}).get("update_errors") or ())
        self.record: Record | None = None
        self.carry_out(self.controller.handle(PolicyAccepted(policy=self.cluster.policy())))
        self.carry_out(self.controller.handle(EvaluationDue(key=self.key, at=instant(step["at"]))))
        return self._report()

    def carry_out(self, instructions: Iterable[Instruction]) -> None:
        for instruction in instructions:
            answer = self._do(instruction)
            if answer is not None:
                self.carry_out(self.controller.handle(answer))

    def _do(self, instruction: Instruction) -> Event | None:
        match instruction:
            case Observe():
                return TargetObserved(key=self.key, observation=self._look(instruction.at))
            case WriteScale():
                return self._write_scale(instruction)
            case WriteStatus():
                return self._write_status(instruction)
            case Announce():
                told = instruction.announcement
                self.seen["events"].append({"type": told.type, "reason": told.reason, "message": told.message})
            case Record():
                self.record = instruction
        return None

    def _look(self, at: int) -> Observation:
        step, policy = self.seen["_step"], self.cluster.policy()
        pods: tuple[Pod, ...] = ()
        try:
            pods = pods_of(step, self.cluster.selector or None) if self.cluster.selector else ()
        except SelectorError:
            pods = ()  # the engine says so
        readings = tuple(reading_of(step, metric, policy.key.namespace) for metric in policy.metrics)
        return Observation(at=at, scale=self.cluster.scale(step, policy), pods=pods, readings=readings)

    def _write_scale(self, instruction: WriteScale) -> Event:
        error = _message(self.update_errors.pop(0)) if self.update_errors else ""
        if not error:
            self.cluster.spec_replicas = instruction.replicas
            self.seen["scale_updates"].append(instruction.replicas)
            return ScaleWritten(key=self.key)
        if is_conflict(error):
            fresh = self.cluster.scale({}, self.cluster.policy())
            assert isinstance(fresh, Scale)
            return ScaleConflicted(key=self.key, fresh=fresh, error=error)
        return ScaleRefused(key=self.key, error=error)

    def _write_status(self, instruction: WriteStatus) -> Event | None:
        error = self.seen["_step"].get("status_error")
        if error:
            self.seen["status_refused"] = True
            return StatusRefused(key=self.key, error=error)
        self.seen["status_updates"] += 1
        self.cluster.status = instruction.status
        return None

    def _report(self) -> Json:
        record, memory = self.record, self.controller.memory_of(self.key)
        assert record is not None
        assert memory is not None
        held, seen = self.cluster.status, self.seen
        status = status_to_object(held, self.cluster.policy())
        proposals = record.decision.proposals
        del seen["_step"]
        return seen | {
            "error": record.settlement.error or None,
            "conditions": conditions_of(held.conditions),
            "status": status,
            "current_replicas": held.current_replicas,
            "desired_replicas": held.desired_replicas,
            "current_metrics": status["currentMetrics"],
            "last_scale_time": offset(held.last_scale_at),
            "scale_spec_replicas": self.cluster.spec_replicas,
            "state": state_of(memory),
            "monitor": {
                "reconciles": [{"action": record.settlement.action.value, "error": record.settlement.error_kind.value}],
                "metrics": [
                    {"type": one.metric_type, "action": one.action.value, "error": one.error_kind.value}
                    for one in proposals
                ]
                or None,
            },
        }


def _message(error: object) -> str:
    """An update error as text: given so, or as an object."""
    if isinstance(error, dict):
        text = str(error.get("message") or error.get("error") or "")
        return text or "conflict" if error.get("conflict") or error.get("code") == 409 else text
    return str(error or "")


def is_conflict(error: object) -> bool:
    """Whether the API server answered 409: somebody else wrote first."""
    text = _message(error).lower()
    return any(sign in text for sign in ("conflict", "object has been modified", "operation cannot be fulfilled"))


def _bystander(key: PolicyKey, target: ObjectRef) -> ScalingPolicy:
    return ScalingPolicy(key=key, target=target, max_replicas=1, mode=Mode.OBSERVE)


def run_reconcile(case: Json) -> list[Json]:
    """Every step's outcome, in the words of the conformance data."""
    driver = Driver(case)
    return [driver.step(step) for step in case["steps"]]
