"""Query parameters of lists and watches.

Source: apimachinery pkg/apis/internalversion/validation/validation.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from autoscaler.emulator import errors
from autoscaler.emulator.field_selectors import FieldSelector, parse_field_selector
from autoscaler.emulator.http.paths import is_true
from autoscaler.emulator.resources import Resource
from autoscaler.model.field_errors import FieldError, forbidden, not_supported
from autoscaler.model.json_types import JsonObject
from autoscaler.model.label_query import LabelQuery, SelectorError, parse_label_selector

NOT_OLDER_THAN: Final = "NotOlderThan"
EXACT: Final = "Exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """A parsed query. ``revision`` None means the most recent state, 0 any."""

    labels: LabelQuery
    fields: FieldSelector
    has_selector: bool = False
    limit: int = 0
    continue_token: str = ""
    revision: int | None = None
    match: str = ""
    timeout_seconds: int | None = None
    bookmarks: bool = False
    send_initial_events: bool | None = None

    def matches(self, obj: JsonObject) -> bool:
        """Whether both selectors take the object."""
        return self.labels.matches(obj) and self.fields.matches(obj)


def parse_list_options(query: Mapping[str, str], resource: Resource, *, watch: bool, name: str = "") -> ListOptions:
    """The options of a query on a resource; ``name`` narrows it to one object.

    Raises:
        ApiError: 400 for what cannot be read, 422 for what does not go together.
    """
    initial = query.get("sendInitialEvents")
    send_initial_events = None if initial is None else is_true(initial)
    _refuse_faults(query, send_initial_events, watch=watch)
    limit = _integer(query.get("limit", ""))
    timeout = _integer(query.get("timeoutSeconds", ""))
    field_text = ",".join(filter(None, (query.get("fieldSelector", ""), name and f"metadata.name={name}")))
    labels, fields = _selectors(query.get("labelSelector", ""), field_text, resource)
    return ListOptions(
        labels=labels,
        fields=fields,
        has_selector=bool(query.get("labelSelector") or field_text),
        limit=max(limit or 0, 0),
        continue_token=query.get("continue", ""),
        revision=parse_revision(query.get("resourceVersion", "")),
        match=query.get("resourceVersionMatch", ""),
        timeout_seconds=timeout,
        bookmarks=is_true(query.get("allowWatchBookmarks", "")),
        send_initial_events=send_initial_events,
    )


def _selectors(labels: str, fields: str, resource: Resource) -> tuple[LabelQuery, FieldSelector]:
    try:
        return parse_label_selector(labels), parse_field_selector(
            fields, resource.group, resource.kind, custom=resource.is_custom
        )
    except SelectorError as fault:
        raise errors.bad_request(str(fault)) from None


def _integer(text: str) -> int | None:
    if not text:
        return None
    digits = text[1:] if text[0] in "+-" else text
    if not (digits.isascii() and digits.isdigit()):
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if not -(2**63) <= int(text) < 2**63:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": value out of range')
    return int(text)


def parse_revision(text: str) -> int | None:
    """A resourceVersion of a query; None where it is not given.

    Raises:
        ApiError: 500, as the real server answers what is no number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        why = f'strconv.ParseUint: parsing "{text}": invalid syntax'
        raise errors.internal(f'resourceVersion: Invalid value: "{text}": {why}')
    return int(text)


def _refuse_faults(query: Mapping[str, str], send_initial_events: bool | None, *, watch: bool) -> None:
    match = query.get("resourceVersionMatch", "")
    check = _watch_faults if watch else _list_faults
    faults = check(query, match, send_initial_events)
    if match and query.get("continue"):
        faults.append(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"))
    if faults:
        raise errors.invalid_options("ListOptions", faults)


def _list_faults(query: Mapping[str, str], match: str, send_initial_events: bool | None) -> list[FieldError]:
    faults = []
    field = "resourceVersionMatch"
    revision = query.get("resourceVersion", "")
    if match and not revision:
        faults.append(forbidden(field, f"{field} is forbidden unless resourceVersion is provided"))
    if match and match not in (EXACT, NOT_OLDER_THAN):
        faults.append(not_supported(field, match, [EXACT, NOT_OLDER_THAN]))
    if match == EXACT and revision == "0":
        faults.append(forbidden(field, f'{field} "exact" is forbidden for resourceVersion "0"'))
    if send_initial_events is not None:
        faults.append(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    return faults


def _watch_faults(_: Mapping[str, str], match: str, send_initial_events: bool | None) -> list[FieldError]:
    faults = []
    field = "resourceVersionMatch"
    if send_initial_events is not None and match != NOT_OLDER_THAN:
        faults.append(forbidden(field, f"sendInitialEvents requires setting {field} to {NOT_OLDER_THAN}"))
    if match and send_initial_events is None:
        faults.append(forbidden(field, f"{field} is forbidden for watch unless sendInitialEvents is provided"))
    if match and match != NOT_OLDER_THAN:
        faults.append(not_supported(field, match, [NOT_OLDER_THAN]))
    return faults
