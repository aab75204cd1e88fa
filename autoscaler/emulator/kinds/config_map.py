"""ConfigMaps: which keys they may have, and what may change of an immutable one.

Source: kubernetes pkg/apis/core/validation/validation.go, ValidateConfigMap and ValidateConfigMapUpdate.
"""

import re

from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, forbidden, invalid, too_long
from autoscaler.model.json_types import JsonObject

_KEY = "[-._a-zA-Z0-9]+"
_KEY_FAULT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
    f"(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '{_KEY}')"
)
_SIZE_LIMIT = 1024 * 1024
"""Most bytes that all values may have together."""


def _validate(config_map: JsonObject) -> list[FieldError]:
    faults: list[FieldError] = []
    size = 0
    for part in ("data", "binaryData"):
        for key, value in (config_map.get(part) or {}).items():
            if not re.fullmatch(_KEY, key):
                faults.append(invalid(f"{part}[{key}]", key, _KEY_FAULT))
            if part == "binaryData" and key in (config_map.get("data") or {}):
                faults.append(invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
            size += len(value.encode())
    return [*faults, too_long("", _SIZE_LIMIT)] if size > _SIZE_LIMIT else faults


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    faults = _validate(new)
    if old.get("immutable"):
        text = "field is immutable when `immutable` is set"
        if not new.get("immutable"):
            faults.append(forbidden("immutable", text))
        faults += [forbidden(part, text) for part in ("data", "binaryData") if new.get(part) != old.get(part)]
    return faults


CONFIG_MAP = KindRules(validate=_validate, validate_update=_validate_update)
