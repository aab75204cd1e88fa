"""Rules for names, label keys and label values, with the API server's explanations.

Each function answers the faults of one text as a list of sentences; an empty list means it is fine.

Source: kubernetes apimachinery pkg/util/validation/validation.go and pkg/api/validation/path/name.go.
"""

import re

LABEL_LIMIT = 63
"""Longest DNS label, label value and name part, in characters."""
SUBDOMAIN_LIMIT = 253
"""Longest DNS subdomain, in characters."""

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = "(" + _QUALIFIED + ")?"
_DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_PERCENT = "[0-9]+%"


def _explain(rule: str, pattern: str, *examples: str) -> str:
    """A broken pattern in words: the rule, examples, and the expression itself."""
    shown = ",  or ".join(f"'{example}'" for example in examples)
    return f"{rule} (e.g. {shown}, regex used for validation is '{pattern}')"


_LABEL_FAULT = _explain(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character",
    _LABEL,
    "my-name",
    "123-abc",
)
_SUBDOMAIN_FAULT = _explain(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character",
    _SUBDOMAIN,
    "example.com",
)
_QUALIFIED_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)
_NAME_PART_FAULT = "name part " + _explain(_QUALIFIED_RULE, _QUALIFIED, "MyName", "my.name", "123-abc")
_QUALIFIED_FAULT = (
    "a qualified name "
    + _explain(_QUALIFIED_RULE, _QUALIFIED, "MyName", "my.name", "123-abc")
    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
_LABEL_VALUE_FAULT = _explain(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character",
    _LABEL_VALUE,
    "MyValue",
    "my_value",
    "12345",
)
_DNS1035_FAULT = _explain(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character",
    _DNS1035,
    "my-name",
    "abc-123",
)
_PERCENT_FAULT = _explain(
    "a valid percent string must be a numeric string followed by an ending '%'", _PERCENT, "1%", "93%"
)


def dns_label_faults(text: str) -> list[str]:
    """Faults of a lowercase RFC 1123 label (namespace and container names)."""
    return _faults(text, LABEL_LIMIT, _LABEL, _LABEL_FAULT)


def dns_subdomain_faults(text: str) -> list[str]:
    """Faults of a lowercase RFC 1123 subdomain (names of most objects)."""
    return _faults(text, SUBDOMAIN_LIMIT, _SUBDOMAIN, _SUBDOMAIN_FAULT)


def dns1035_label_faults(text: str) -> list[str]:
    """Faults of a DNS-1035 label (service names, kinds of a custom resource)."""
    return _faults(text, LABEL_LIMIT, _DNS1035, _DNS1035_FAULT)


def label_value_faults(text: str) -> list[str]:
    """Faults of a label's value."""
    return _faults(text, LABEL_LIMIT, _LABEL_VALUE, _LABEL_VALUE_FAULT)


def percent_faults(text: str) -> list[str]:
    """Faults of a percentage such as ``25%``."""
    return [] if re.fullmatch(_PERCENT, text) else [_PERCENT_FAULT]


def qualified_name_faults(text: str) -> list[str]:
    """Faults of a label key, annotation key, taint key or resource name: ``[prefix/]name``."""
    parts = text.split("/")
    if len(parts) > 2:
        return [_QUALIFIED_FAULT]
    faults: list[str] = []
    if len(parts) == 2:
        faults += _prefix_faults(parts[0])
    name = parts[-1]
    if not name:
        faults.append("name part must be non-empty")
    elif len(name) > LABEL_LIMIT:
        faults.append(f"name part {_too_long(LABEL_LIMIT)}")
    if not re.fullmatch(_QUALIFIED, name):
        faults.append(_NAME_PART_FAULT)
    return faults


def path_segment_faults(text: str) -> list[str]:
    """Faults of a text that becomes one segment of a URL path."""
    if text in {".", ".."}:
        return [f"may not be '{text}'"]
    return [f"may not contain '{char}'" for char in "/%" if char in text]


def _prefix_faults(prefix: str) -> list[str]:
    if not prefix:
        return ["prefix part must be non-empty"]
    return [f"prefix part {fault}" for fault in dns_subdomain_faults(prefix)]


def _faults(text: str, limit: int, pattern: str, fault: str) -> list[str]:
    faults = [_too_long(limit)] if len(text) > limit else []
    if not re.fullmatch(pattern, text):
        faults.append(fault)
    return faults


def _too_long(limit: int) -> str:
    return f"must be no more than {limit} characters"
