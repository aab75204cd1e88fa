"""Which policies select the same pods: two controllers of one count would fight without end.

A policy takes part with the selector of its own last pass that looked at pods; one that never did selects nothing.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (hpasControllingPodsUnderSelector), v1.36.2.
"""

from __future__ import annotations

from collections.abc import Iterable

from autoscaler.model.label_query import NOTHING, LabelQuery, SelectorError, parse_label_selector
from autoscaler.model.observation import Pod
from autoscaler.model.policy import PolicyKey

_REMEMBERED_LABELS = 10_000  # label sets per namespace; StatefulSets give every pod a set of its own

Labels = tuple[tuple[str, str], ...]


class _Namespace:
    """The selectors of one namespace, and who selects which labels as long as no selector changes."""

    __slots__ = ("queries", "selecting", "texts")

    def __init__(self) -> None:
        self.queries: dict[PolicyKey, LabelQuery] = {}
        self.texts: dict[PolicyKey, str] = {}
        self.selecting: dict[Labels, frozenset[PolicyKey]] = {}


class SelectorIndex:
    """Every registered policy with its selector."""

    def __init__(self) -> None:
        self._namespaces: dict[str, _Namespace] = {}

    def register(self, key: PolicyKey) -> None:
        """Let a policy take part; it selects nothing yet."""
        namespace = self._namespaces.setdefault(key.namespace, _Namespace())
        namespace.queries.setdefault(key, NOTHING)

    def forget(self, key: PolicyKey) -> None:
        """Let a policy take part no longer."""
        namespace = self._namespaces.get(key.namespace)
        if namespace is None:
            return
        namespace.queries.pop(key, None)
        namespace.texts.pop(key, None)
        namespace.selecting.clear()
        if not namespace.queries:
            del self._namespaces[key.namespace]

    def update(self, key: PolicyKey, selector: str) -> None:
        """Note the selector of a registered policy's pass; one that cannot be parsed changes nothing."""
        namespace = self._namespaces.get(key.namespace)
        if namespace is None or key not in namespace.queries or namespace.texts.get(key) == selector:
            return
        try:
            query = parse_label_selector(selector)
        except SelectorError:
            return
        namespace.queries[key], namespace.texts[key] = query, selector
        namespace.selecting.clear()

    def is_settled(self, key: PolicyKey, selector: str) -> bool:
        """Tell whether there is nothing to note and nobody to be at odds with: the usual pass need ask no more."""
        namespace = self._namespaces.get(key.namespace)
        return namespace is not None and len(namespace.queries) == 1 and namespace.texts.get(key) == selector

    def rivals(self, namespace_name: str, pods: Iterable[Pod]) -> tuple[str, ...]:
        """Names of the policies that select some of ``pods``, in order; empty unless there is more than one."""
        namespace = self._namespaces.get(namespace_name)
        if namespace is None or len(namespace.queries) < 2:
            return ()
        keys: set[PolicyKey] = set()
        for labels in {id(pod.labels): pod.labels for pod in pods}.values():
            keys |= _selecting(namespace, labels)
        return tuple(str(key) for key in sorted(keys)) if len(keys) > 1 else ()


def _selecting(namespace: _Namespace, labels: Labels) -> frozenset[PolicyKey]:
    known = namespace.selecting.get(labels)
    if known is None:
        mapping = dict(labels)
        known = frozenset(key for key, query in namespace.queries.items() if query.matches_labels(mapping))
        if len(namespace.selecting) >= _REMEMBERED_LABELS:
            namespace.selecting.clear()
        namespace.selecting[labels] = known
    return known
