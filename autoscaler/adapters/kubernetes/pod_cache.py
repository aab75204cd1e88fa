"""The pods of one namespace, indexed by the label selectors that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from autoscaler.model.label_query import parse_label_selector
from autoscaler.model.observation import Pod

Labels: TypeAlias = Mapping[str, str]
Matches: TypeAlias = Callable[[Labels], bool]

#: Selectors remembered; beyond it all are forgotten and built again as they are asked for.
_MAX_VIEWS = 4096


@dataclass(slots=True)
class _View:
    """The pods one selector matches. ``answer`` is kept until one of them changes."""

    matches: Matches
    members: dict[str, Pod] = field(default_factory=dict)
    answer: tuple[Pod, ...] | None = None

    def consider(self, pod: Pod, labels: Labels) -> None:
        if self.matches(labels):
            self.members[pod.name] = pod
            self.answer = None
        else:
            self.drop(pod)

    def drop(self, pod: Pod) -> None:
        if self.members.pop(pod.name, None) is not None:
            self.answer = None


class PodCache:
    """The pods of one namespace, indexed by the selectors that were asked for.

    A change costs one match per selector; an answer between changes costs nothing.
    """

    def __init__(self) -> None:
        self._pods: dict[str, Pod] = {}
        self._views: dict[str, _View] = {}

    def __len__(self) -> int:
        return len(self._pods)

    def replace(self, items: Sequence[Pod]) -> None:
        """Hold exactly these pods. Where a list says nothing new, nothing is matched and no answer is built again."""
        fresh = {pod.name: pod for pod in items}
        for gone in [pod for name, pod in self._pods.items() if name not in fresh]:
            self.remove(gone)
        for pod in fresh.values():
            if self._pods.get(pod.name) != pod:
                self.put(pod)

    def put(self, item: Pod) -> None:
        """Hold this pod in place of its namesake."""
        self._pods[item.name] = item
        labels = dict(item.labels)
        for view in self._views.values():
            view.consider(item, labels)

    def remove(self, item: Pod) -> None:
        """Hold this pod no longer."""
        self._pods.pop(item.name, None)
        for view in self._views.values():
            view.drop(item)

    def select(self, selector: str) -> tuple[Pod, ...]:
        """Give the pods that a label selector matches, in the order they came. Raises: SelectorError."""
        view = self._views.get(selector)
        if view is None:
            view = _View(parse_label_selector(selector).matches_labels)
            self._fill(view)
            if len(self._views) >= _MAX_VIEWS:
                self._views.clear()
            self._views[selector] = view
        if view.answer is None:
            view.answer = tuple(view.members.values())
        return view.answer

    def _fill(self, view: _View) -> None:
        view.members = {name: pod for name, pod in self._pods.items() if view.matches(dict(pod.labels))}
        view.answer = None
