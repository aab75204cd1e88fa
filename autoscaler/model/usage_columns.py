"""What pods of one container use, as columns: quick to make and to sum, and the same as a tuple of ``PodUsage`` to others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import final, overload

from autoscaler.model.observation import ContainerUsage, Milli, PodUsage
from autoscaler.model.time import Instant, Nanoseconds


@final  # so that ``type(x) is UsageColumns`` tells it: asking for an instance of a Sequence takes long
class UsageColumns(Sequence[PodUsage]):
    """Samples that were taken at one instant over one window. Frozen by convention; equal to a tuple of the same rows.

    ``names``: of the pods, no two alike; ``container``: of the only one that each has; ``columns``: by resource, what each pod uses
    [milli-units], in the order of ``names``. The rows are made when somebody asks for one.
    """

    __slots__ = ("_rows", "at", "columns", "container", "names", "window")

    def __init__(
        self,
        names: tuple[str, ...],
        container: str,
        columns: Mapping[str, Sequence[Milli]],
        at: Instant,
        window: Nanoseconds,
    ) -> None:
        self.names = names
        self.container = container
        self.columns = columns
        self.at = at
        self.window = window
        self._rows: tuple[PodUsage, ...] | None = None

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> PodUsage: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[PodUsage, ...]: ...
    def __getitem__(self, index: int | slice) -> PodUsage | tuple[PodUsage, ...]:
        return self.rows()[index]

    def __iter__(self) -> Iterator[PodUsage]:
        return iter(self.rows())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, UsageColumns):
            return self.rows() == other.rows()
        return self.rows() == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.rows())

    def __repr__(self) -> str:
        return repr(self.rows())

    def rows(self) -> tuple[PodUsage, ...]:
        """Give the samples one by one."""
        if self._rows is None:
            self._rows = tuple(self._row(index, name) for index, name in enumerate(self.names))
        return self._rows

    def _row(self, index: int, name: str) -> PodUsage:
        usage = tuple((resource, values[index]) for resource, values in self.columns.items())
        container = ContainerUsage(name=self.container, usage=usage)
        return PodUsage(pod=name, containers=(container,), at=self.at, window=self.window)
