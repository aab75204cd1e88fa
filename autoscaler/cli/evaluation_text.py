"""A decision explained on the terminal: the sentence, the way there, what Kubernetes would show, what would change it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from autoscaler.cli.evaluation_changes import changes
from autoscaler.cli.evaluation_layout import Clock, counted, row, wrap
from autoscaler.cli.evaluation_steps import steps
from autoscaler.engine.course import lower_bound
from autoscaler.engine.explain import sentence
from autoscaler.engine.explained import Explained
from autoscaler.engine.turn import reference_of
from autoscaler.model.controller_config import DEFAULT_VERSION, KubernetesVersion
from autoscaler.model.decision import WriteOutcome
from autoscaler.model.observation import Observation, Pod, Scale, ScaleUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is printed. ``is_dated``: whether times of day mean anything. ``bold``: begin and end of a heading."""

    explained: Explained
    observation: Observation
    version: KubernetesVersion = DEFAULT_VERSION
    outcome: WriteOutcome | None = None  #: of the write, where the decision was made for real
    notes: tuple[str, ...] = ()
    is_dated: bool = True
    bold: tuple[str, str] = ("", "")

    def verdict(self) -> str:
        """The first line."""
        return sentence(self.explained.decision, self.outcome, show=self._clock().when)

    def text(self) -> str:
        """The whole page."""
        clock = self._clock()
        blocks = [
            ("Seen", self._seen()),
            ("How it was decided", steps(self.explained, clock)),
            ("What Kubernetes would show", self._shown()),
            ("What would change the answer", changes(self.explained, clock)),
            ("Assumed", (line for note in self.notes for line in wrap(note, "  - ", "    "))),
        ]
        start, end = self.bold
        printed = [f"{self.verdict()}\n"]
        for heading, block in blocks:
            lines = list(block)
            if lines:
                printed.append("\n".join([f"{start}{heading}{end}", *lines]) + "\n")
        return "\n".join(printed)

    def _clock(self) -> Clock:
        return Clock(at=self.observation.at, is_dated=self.is_dated)

    def _seen(self) -> Iterator[str]:
        policy, scale, pods = self.explained.policy, self.observation.scale, self.observation.pods
        bounds = f"{lower_bound(policy)} to {policy.max_replicas}"
        rules = "" if self.version is DEFAULT_VERSION else f", by the rules of Kubernetes {self.version}"
        yield f"  {reference_of(policy)}, {_standing(scale)}; policy {policy.key} keeps {bounds}{rules}"
        if pods:
            yield f"  {counted(len(pods), 'pod')}: {_condition_of(pods)}"

    def _shown(self) -> Iterator[str]:
        decision, settlement = self.explained.decision, self.explained.settlement
        for one in settlement.status.conditions:
            yield from row(one.type, f"{one.status}  {one.reason}: {one.message}")
        for told in (*decision.announcements, *settlement.announcements, *decision.closing):
            yield from row(f"event {told.type}", f"{told.reason}: {told.message}")


def _standing(scale: Scale | ScaleUnavailable) -> str:
    if isinstance(scale, ScaleUnavailable):
        return "whose scale cannot be read"
    exist = "" if scale.status_replicas == scale.spec_replicas else f" ({scale.status_replicas} exist)"
    return f"at {counted(scale.spec_replicas, 'replica')}{exist}"


def _condition_of(pods: tuple[Pod, ...]) -> str:
    phases = Counter(str(pod.phase).lower() for pod in pods)
    parts = [f"{count} {phase}" for phase, count in phases.items()] if phases.keys() != {"running"} else []
    ready = sum(pod.ready is not None and pod.ready.status == "True" for pod in pods)
    parts.append("all ready" if ready == len(pods) else f"{ready} ready")
    leaving = sum(pod.deleting for pod in pods)
    return ", ".join([*parts, *([f"{leaving} on their way out"] if leaving else [])])
