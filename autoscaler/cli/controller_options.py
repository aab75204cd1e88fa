"""Options that `run` and `doctor` share: what the controller follows, and how it reaches it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PoliciesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--policies",
        metavar="PATH",
        help="Policy file, or folder of them; cluster: ScalingPolicy objects; hpa: HPA objects. May be given again.",
    ),
]
KubeconfigOption = Annotated[
    Path | None,
    typer.Option(
        "--kubeconfig", metavar="FILE", help="How to reach the cluster.  [default: as kubectl, or the pod's account]"
    ),
]
ContextOption = Annotated[
    str | None,
    typer.Option("--context", metavar="NAME", help="Context of the kubeconfig.  [default: its current one]"),
]
PrometheusOption = Annotated[
    str | None,
    typer.Option(
        "--prometheus",
        metavar="URL",
        help="Prometheus that policies may ask: the datasource named main.  [default: none]",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file.  [default: what AUTOSCALER_CONFIG names]"),
]
