"""What a path shows of an object and takes back: the object itself, its status, its scale."""

from collections.abc import Callable
from dataclasses import dataclass

from autoscaler.emulator import errors
from autoscaler.emulator.custom.scaling import ScaleMissingError
from autoscaler.emulator.custom.version import ScalePaths
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.scale import SCALE, scale_errors, scale_of, scaled
from autoscaler.emulator.versions import from_stored, to_stored
from autoscaler.model.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class View:
    """How objects of a path look (``resource``: their kind), and how a changed look becomes a changed object."""

    resource: Resource
    show: Callable[[JsonObject], JsonObject]
    apply: Callable[[JsonObject, JsonObject], JsonObject]


def view_of(resource: Resource, subresource: str) -> View:
    """The view of a path that is read and written as an object.

    Raises:
        ApiError: 404 for a subresource of another nature.
    """
    if subresource in ("", "status", "finalize", "resize", "ephemeralcontainers"):
        return View(resource, lambda stored: from_stored(resource, stored), lambda _, shown: to_stored(resource, shown))
    if subresource == "scale":
        paths = resource.custom.scale if resource.custom is not None else None
        return View(
            SCALE,
            lambda stored: _show_scale(stored, paths),
            lambda workload, scale: _apply_scale(workload, scale, paths),
        )
    raise errors.no_such_resource()


def _show_scale(workload: JsonObject, paths: ScalePaths | None) -> JsonObject:
    try:
        return scale_of(workload, paths)
    except ScaleMissingError as fault:
        raise errors.internal_error(str(fault)) from None


def _apply_scale(workload: JsonObject, scale: JsonObject, paths: ScalePaths | None) -> JsonObject:
    if faults := scale_errors(scale):
        raise errors.invalid("autoscaling", "Scale", workload["metadata"]["name"], faults)
    return scaled(workload, scale, paths)
