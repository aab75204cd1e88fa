"""The report's panels as a matplotlib figure: the same lines, bands and colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from autoscaler.simulator.numerals import clock, latency, number, percent
from autoscaler.simulator.report.axes import log_ticks, time_ticks
from autoscaler.simulator.report.panels import run_panels
from autoscaler.simulator.report.plot import Band, Line, Panel
from autoscaler.simulator.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Okabe and Ito's, as in the report's style sheet; told apart with all kinds of colour vision.
_COLOURS: Final = {
    "blue": "#0072b2",
    "orange": "#c77700",
    "green": "#00805f",
    "purple": "#a8487d",
    "sky": "#3d93c9",
}
_BANDS: Final = {"bad": ("#d55e00", 0.07), "calm": ("#00805f", 0.12)}
_SHORT: Final = "#d55e00"
_DASHES: Final = {"dash": (0, (6, 3)), "dot": (0, (2, 3))}
_WEIGHTS: Final = {"strong": 2.25, "wide": 5.0, "fine": 1.25}
_WIDTH: Final = 10.0  #: of a figure [inches]
_PER_UNIT: Final = 1 / 75  #: inches of a panel's height


def draw(result: Result) -> Figure:
    """Draw one result as the report does."""
    import matplotlib.pyplot as plt

    panels = run_panels(result, "figure")
    heights = [panel.height for panel in panels]
    figure, axes = plt.subplots(
        len(panels),
        sharex=True,
        figsize=(_WIDTH, sum(heights) * _PER_UNIT),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    end = float(result.inputs.duration)
    for panel, ax in zip(panels, axes[:, 0], strict=True):
        _draw(panel, ax, end)
    _label_times(axes[-1, 0], end)
    figure.suptitle(f"{result.policy} in {result.inputs.scenario.name}, seed {result.inputs.scenario.seed}")
    return figure


def _draw(panel: Panel, ax: Axes, end: float) -> None:
    for excess in panel.excesses:
        ax.fill_between(
            excess.t, excess.lower, excess.upper, where=(excess.upper > excess.lower).tolist(),
            color=_SHORT, alpha=0.4, linewidth=0, label="shortfall", interpolate=True,
        )  # fmt: skip
    for line in panel.lines:
        _draw_line(line, ax, end)
    ax.set_title(panel.title, loc="left", fontsize="medium", fontweight="bold")
    ax.set_ylabel(panel.unit)
    ax.grid(color="#d8dee4")
    ax.spines[["top", "right"]].set_visible(False)
    if panel.log:
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0.0)
    for band in panel.bands:
        _draw_band(band, ax)
    if panel.log:
        low, high = ax.get_ylim()
        ax.set_yticks([tick for tick in log_ticks(low, high) if low <= tick <= high])
        ax.yaxis.set_minor_formatter(lambda value, _: "")
    ax.yaxis.set_major_formatter(lambda value, _: _print(panel, value))
    if panel.lines:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize="small")


def _draw_band(band: Band, ax: Axes) -> None:
    """Draw a band over the lines' range; one that has no upper end reaches to the top."""
    low, top = ax.get_ylim()
    top = max(top, 1.1 * (band.high if math.isfinite(band.high) else band.low))
    if band.low == band.high:
        ax.axhline(band.low, color="black", linewidth=1.0, linestyle=(0, (1, 3)), label=band.label or None)
    else:
        colour, alpha = _BANDS.get(band.style, ("#59636e", 0.1))
        ax.axhspan(band.low, min(band.high, top), color=colour, alpha=alpha, linewidth=0, label=band.label or None)
    ax.set_ylim(low, top)


def _draw_line(line: Line, ax: Axes, end: float) -> None:
    words = line.style.split()
    t, values = line.t, line.values
    if line.steps and len(t):
        t, values = np.append(t, end), np.append(values, values[-1])
    ax.plot(
        t,
        values,
        color=next((_COLOURS[word] for word in words if word in _COLOURS), "black"),
        linestyle=next((_DASHES[word] for word in words if word in _DASHES), "solid"),
        linewidth=next((_WEIGHTS[word] for word in words if word in _WEIGHTS), 1.5),
        alpha=0.45 if "wide" in words else 1.0,
        drawstyle="steps-post" if line.steps else "default",
        label=line.name,
    )


def _label_times(ax: Axes, end: float) -> None:
    ticks: Sequence[float] = time_ticks(0.0, end)
    ax.set_xlim(0.0, end)
    ax.set_xticks(ticks, [clock(tick) for tick in ticks])


def _print(panel: Panel, value: Any) -> str:
    return percent(value) if panel.percent else latency(value) if panel.unit == "seconds" else number(value)
