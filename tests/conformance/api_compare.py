"""Comparison of an answer with the recorded one, leaving out what an emulator need not reproduce."""

import re
from collections.abc import Iterator
from typing import Final

from autoscaler.model.json_types import JsonObject, JsonValue
from tests.conformance.api_placeholders import Bindings

_ABSENT: Final = object()

# Fields that may be missing; what is sent must be right. The recorded data's README lists them.
_OPTIONAL_ANYWHERE: Final = frozenset(
    {
        "managedFields",
        "storageVersionHash",
        "serverAddressByClientCIDRs",
        "freshness",
        "responseKind",
        "singularName",
        "collisionCount",
    }
)
_OPTIONAL_IN_POD_SPEC: Final = frozenset(
    {
        "restartPolicy",
        "terminationGracePeriodSeconds",
        "dnsPolicy",
        "securityContext",
        "schedulerName",
        "enableServiceLinks",
        "preemptionPolicy",
        "priority",
        "tolerations",
    }
)
_OPTIONAL_IN_CONTAINER: Final = frozenset(
    {"imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy", "resources"}
)
_OPTIONAL_BY_PATH: Final = re.compile(
    r"\.spec\.(revisionHistoryLimit|progressDeadlineSeconds|strategy(\..*)?|podManagementPolicy|updateStrategy(\..*)?"
    r"|persistentVolumeClaimRetentionPolicy(\..*)?|volumeClaimTemplates.*|conversion(\..*)?)$"
    r"|\.status\.(qosClass|daemonEndpoints(\..*)?|nodeInfo(\..*)?|features(\..*)?|acceptedNames(\..*)?|storedVersions(\..*)?|observedGeneration)$"
    r"|\.(source|firstTimestamp|lastTimestamp|deprecatedSource|deprecatedFirstTimestamp|deprecatedLastTimestamp)$"
    r"|columnDefinitions\[\d+\]\.(description|format)$"
)
_FREE_BY_PATH: Final = re.compile(
    r"columnDefinitions\[\d+\]\.(description|format)$|\.status\.conditions\[\d+\]\.(message|reason)$"
)
_DEFAULT_TOLERATIONS: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def differences(expected: JsonValue, actual: JsonValue, bindings: Bindings, path: str = "") -> Iterator[str]:
    """One line for each place where the answer is not what was recorded."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        if expected.get("kind") == "Status" and "code" in expected:
            yield from _status_differences(expected, actual, bindings, path)
        else:
            yield from _object_differences(expected, actual, bindings, path)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _list_differences(expected, actual, bindings, path)
    elif isinstance(expected, str) and isinstance(actual, str):
        if path.endswith("message"):
            expected, actual = (_without_dump(text) for text in (expected, actual))
        if not bindings.matches(expected, actual):
            yield f"{path or '.'}: want {bindings.fill(expected)!r}, got {actual!r}"
    elif expected != actual or isinstance(expected, bool) is not isinstance(actual, bool):
        yield f"{path or '.'}: want {_short(expected)}, got {_short(actual)}"


def _without_dump(message: str) -> str:
    """A message without the difference of two Go structs at its end: of those, reason and field suffice."""
    return message.partition("\n@@")[0].rstrip("\n")


def _object_differences(expected: JsonObject, actual: JsonObject, bindings: Bindings, path: str) -> Iterator[str]:
    # Ids first, so that a differing name does not leave them unbound for what follows.
    for key in sorted({*expected, *actual}, key=lambda key: key != "metadata"):
        where = f"{path}.{key}"
        want, got = _find(expected, key, bindings), actual.get(key, _ABSENT)
        if got is _ABSENT and _is_optional(where, key):
            continue
        if key == "managedFields":
            continue
        if _FREE_BY_PATH.search(where) and want is not _ABSENT:
            continue
        if got is _ABSENT:
            yield f"{where}: missing, want {_short(want)}"
        elif want is _ABSENT:
            yield f"{where}: not expected, got {_short(got)}"
        elif key == "resourceRules" or key == "nonResourceRules":
            yield from _set_differences(want, got, where)
        else:
            yield from differences(want, got, bindings, where)


def _find(expected: JsonObject, key: str, bindings: Bindings) -> JsonValue:
    """The expected value of a key, which may itself hold placeholders."""
    if key in expected:
        return expected[key]
    return next((value for name, value in expected.items() if "<" in name and bindings.fill(name) == key), _ABSENT)


def _is_optional(where: str, key: str) -> bool:
    if key in _OPTIONAL_ANYWHERE or _OPTIONAL_BY_PATH.search(where):
        return True
    if key in _OPTIONAL_IN_CONTAINER and re.search(r"ontainers\[\d+\]\.\w+$", where):
        return True
    return key in _OPTIONAL_IN_POD_SPEC and where.endswith(f".spec.{key}")


def _list_differences(
    expected: list[JsonValue], actual: list[JsonValue], bindings: Bindings, path: str
) -> Iterator[str]:
    if path.endswith(".tolerations"):
        expected, actual = _without_defaults(expected), _without_defaults(actual)
    if len(expected) != len(actual):
        yield f"{path}: want {len(expected)} items {_names(expected)}, got {len(actual)} {_names(actual)}"
        return
    for at, (want, got) in enumerate(zip(expected, actual, strict=True)):
        yield from differences(want, got, bindings, f"{path}[{at}]")


def _without_defaults(tolerations: list[JsonValue]) -> list[JsonValue]:
    return [item for item in tolerations if item.get("key") not in _DEFAULT_TOLERATIONS]


def _status_differences(expected: JsonObject, actual: JsonObject, bindings: Bindings, path: str) -> Iterator[str]:
    causes = (expected.get("details") or {}).get("causes") or []
    if len(causes) < 2:
        yield from _object_differences(expected, actual, bindings, path)
        return
    plain, sent = _without_causes(expected), _without_causes(actual)
    yield from _object_differences(plain, sent, bindings, path)
    got = (actual.get("details") or {}).get("causes") or []
    yield from _set_differences(bindings.fill(causes), got, f"{path}.details.causes")
    want_parts, got_parts = (_message_parts(str(status.get("message"))) for status in (expected, actual))
    if sorted({str(bindings.fill(part)) for part in want_parts}) != sorted(set(got_parts)):
        yield f"{path}.message: want {expected.get('message')!r}, got {actual.get('message')!r}"


def _without_causes(status: JsonObject) -> JsonObject:
    details = {key: value for key, value in (status.get("details") or {}).items() if key != "causes"}
    return {key: value for key, value in status.items() if key != "message"} | {"details": details}


def _message_parts(message: str) -> list[str]:
    return [part.strip("[]") for part in re.split(r", |: \[", message)]


def _set_differences(expected: JsonValue, actual: JsonValue, path: str) -> Iterator[str]:
    want, got = ({repr(_canonical(item)) for item in items or []} for items in (expected, actual))
    yield from (f"{path}: missing {item}" for item in sorted(want - got))
    yield from (f"{path}: not expected {item}" for item in sorted(got - want))


def _canonical(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return sorted((key, _canonical(item)) for key, item in value.items())
    return sorted((_canonical(item) for item in value), key=repr) if isinstance(value, list) else value


def _names(items: list[JsonValue]) -> list[JsonValue]:
    names = [item.get("metadata", item).get("name", "?") if isinstance(item, dict) else item for item in items]
    return names[:12]


def _short(value: JsonValue) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}..."
