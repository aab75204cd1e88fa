"""`autoscaler run`: the controller itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoscaler.cli.controller_options import (
    ConfigOption,
    ContextOption,
    KubeconfigOption,
    PoliciesOption,
    PrometheusOption,
)


def command(
    policies: PoliciesOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    apply: Annotated[
        bool | None, typer.Option("--apply/--observe", help="Write replica counts, or only say what would be written.")
    ] = None,
    shadow: Annotated[
        bool | None,
        typer.Option(
            "--shadow", help="Follow the cluster's own HPA objects, write nothing, compare with what is done."
        ),
    ] = None,
    selector: Annotated[
        str | None,
        typer.Option(
            "--selector", "-l", metavar="LABELS", help="Follow only HPA objects that match (--shadow, --policies hpa)."
        ),
    ] = None,
    comparisons: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where --shadow keeps comparisons, for `autoscaler shadow report`."),
    ] = None,
    namespaces: Annotated[str | None, typer.Option(metavar="A,B", help="Namespaces to act in.  [default: all]")] = None,
    kubernetes_version: Annotated[
        str | None,
        typer.Option(
            "--kubernetes-version", "-k", metavar="VERSION", help="Decide as 1.35, 1.36 or 1.37 does.  [default: 1.36]"
        ),
    ] = None,
    sync_period: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Time between two evaluations of a policy.  [default: 15s]")
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep everything seen and decided here, for why, journal and replay."),
    ] = None,
    prometheus: PrometheusOption = None,
    leader_elect: Annotated[
        bool | None,
        typer.Option("--leader-elect", help="Act only while holding a Lease: for several replicas with --apply."),
    ] = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Address of /livez, /readyz, /metrics.  [default: :8080]")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="debug, info, warning or error.  [default: info]")
    ] = None,
    log_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="json, console or auto.  [default: auto]")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Run the controller: watch the policies' targets, decide every sync period, and scale with --apply.

    Without --apply it observes: it decides and says what it would do, and writes nothing to the cluster. With --shadow
    the policies are the cluster's own HPA objects, and each decision is compared with that of the controller in charge.

    SIGTERM and Ctrl-C stop it once the writes under way are done; a second one stops it at once. An API server that is
    away is reported and waited for.
    """
    import asyncio
    import os
    import sys

    from autoscaler.cli.errors import say
    from autoscaler.config.settings import LogFormat
    from autoscaler.config.settings_load import load_settings
    from autoscaler.config.version import version
    from autoscaler.daemon import logs
    from autoscaler.daemon.process import run_until_signalled

    flags = {
        "policies": policies,
        "kubernetes.kubeconfig": kubeconfig,
        "kubernetes.context": context,
        "apply": apply,
        "shadow": shadow,
        "selector": selector,
        "comparisons": comparisons,
        "namespaces": namespaces,
        "kubernetes_version": kubernetes_version,
        "hpa.sync_period": sync_period,
        "journal.path": journal,
        "datasources.main.url": prometheus,
        "leader_election.enabled": leader_elect,
        "http.listen": listen,
        "log.level": log_level,
        "log.format": log_format,
    }
    loaded = load_settings(flags, file=config, environment=os.environ)
    for warning in loaded.warnings:
        say(f"warning: {warning}")
    settings = loaded.settings
    on_terminal = settings.log.format is LogFormat.AUTO and sys.stderr.isatty()
    logs.set_up(
        level=settings.log.level,
        style="console" if on_terminal or settings.log.format is LogFormat.CONSOLE else "json",
    )
    asyncio.run(run_until_signalled(settings, version=version()))
