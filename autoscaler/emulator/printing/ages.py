"""Ages as Kubernetes prints them: ``45s``, ``7m3s``, ``12d``.

Source: kubernetes apimachinery pkg/util/duration/duration.go.
"""

from datetime import datetime

from autoscaler.config.go_time import GoTimeError, parse_time

MINUTE = 60
HOUR = 3600
DAY = 86400


def age(timestamp: str | None, now: datetime) -> str:
    """Time since an RFC 3339 timestamp; ``<unknown>`` when there is none."""
    if not timestamp:
        return "<unknown>"
    try:
        then = parse_time(timestamp)
    except GoTimeError:
        return "<invalid>"
    return human_duration((now - then).total_seconds())


def human_duration(duration_s: float) -> str:
    """At most two units and about two digits; up to a second in the future counts as now."""
    seconds = int(duration_s)
    if seconds < -1:
        return "<invalid>"
    seconds = max(seconds, 0)
    minutes, hours, days = seconds // MINUTE, seconds // HOUR, seconds // DAY
    if seconds < 2 * MINUTE:
        return f"{seconds}s"
    if minutes < 10:
        return _two_units(minutes, "m", seconds % MINUTE, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two_units(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two_units(days, "d", hours % 24, "h")
    if days < 2 * 365:
        return f"{days}d"
    if days < 8 * 365:
        return _two_units(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two_units(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}" + (f"{small}{small_unit}" if small else "")
