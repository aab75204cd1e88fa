"""Scale Kubernetes workloads: one decision core, driven live by a daemon and offline by a simulator.

In a notebook: ``autoscaler.simulate(scenario, policy)``. It is imported when it is first asked for, so that importing this
package stays instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autoscaler.simulator.notebook.front import simulate
    from autoscaler.simulator.notebook.results import Results

__all__ = ["Results", "simulate"]


def __getattr__(name: str) -> object:
    if name == "simulate":
        from autoscaler.simulator.notebook.front import simulate

        return simulate
    if name == "Results":
        from autoscaler.simulator.notebook.results import Results

        return Results
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
