"""How many pods each template of a workload is to have: what a Deployment's controller keeps.

There is one template, and another one for each rollout; of older ones only those count that still have pods.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from autoscaler.config.scenario import Rollout
from autoscaler.simulator.rollout import Limits, Set, limits, roll, share_out

#: The template of pods that somebody made beside the workload's own: no number of replicas counts them.
GUEST: Final = -1

#: Gives the pods of a template that are not on their way out, and how many of them serve.
Census = Callable[[int], tuple[int, int]]


class ReplicaSets:
    """The numbers of one workload. ``sizes``: by template, oldest first."""

    __slots__ = ("_strategy", "sizes", "wanted")

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.sizes = {0: wanted}
        self._strategy = Rollout(at=0)

    @property
    def newest(self) -> int:
        """Give the template of pods made from now on."""
        return max(self.sizes)

    @property
    def is_rolling(self) -> bool:
        """Tell whether pods of older templates are left."""
        return len(self.sizes) > 1

    def begin(self, strategy: Rollout) -> None:
        """Let pods be replaced by those of a new template."""
        self._strategy = strategy
        self.sizes[self.newest + 1] = 0

    def scale(self, wanted: int, census: Census) -> None:
        """Want another number; in the middle of a rollout every template keeps its share."""
        if self.is_rolling and wanted != self.wanted:
            active = [each for each in self._sets(census) if each.replicas]
            surge = self._limits(wanted).surge
            self._resize(share_out(wanted, surge if len(active) > 1 else 0, active) if active else {})
        elif not self.is_rolling:
            self.sizes[self.newest] = wanted
        self.wanted = wanted

    def step(self, census: Census) -> bool:
        """Go one step further with a rollout; tell whether sizes changed."""
        for template in [each for each, size in self.sizes.items() if not size and each != self.newest]:
            del self.sizes[template]
        if not self.is_rolling:
            is_short = self.sizes[self.newest] != self.wanted  # the last old pods went before all new ones had come
            self.sizes[self.newest] = self.wanted
            return is_short
        *old, new = self._sets(census)
        changes = roll(self.wanted, self._limits(self.wanted), new, old)
        self._resize(changes)
        return bool(changes)

    def _sets(self, census: Census) -> list[Set]:
        found = []
        for template, size in self.sizes.items():
            existing, available = census(template)
            found.append(Set(name=str(template), replicas=size, existing=existing, available=available))
        return found

    def _resize(self, changes: Mapping[str, int]) -> None:
        for name, size in changes.items():
            self.sizes[int(name)] = size

    def _limits(self, wanted: int) -> Limits:
        return limits(self._strategy.max_surge, self._strategy.max_unavailable, wanted)
