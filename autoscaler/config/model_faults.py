"""What pydantic found wrong, in words a person can act on: where, what was written, what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from autoscaler.config.documents import Document
from autoscaler.config.field_paths import FieldError, Step, format_path
from autoscaler.config.suggestions import did_you_mean
from autoscaler.model.errors import Fault

_MAPPING = "should be a mapping: `field: value` lines"
_SHOWN = 60  #: characters of a wrong value


def faults_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Fault]:
    """Turn each of pydantic's findings about ``document``, which should be a ``model``, into a fault."""
    findings = error.errors(include_url=False)
    return [_fault(finding, document, model) for finding in findings if not _follows(finding, findings)]


def _follows(finding: Any, findings: Sequence[Any]) -> bool:
    """Tell whether a list is only called too short because an item of it is wrong."""
    where = finding["loc"]
    return finding["type"] == "too_short" and any(
        len(other["loc"]) > len(where) and other["loc"][: len(where)] == where for other in findings
    )


def _fault(finding: Any, document: Document, model: type[BaseModel]) -> Fault:
    where: Sequence[Step] = finding["loc"]
    error = finding.get("ctx", {}).get("error")
    if isinstance(error, FieldError):
        where = (*where, *error.steps)
    kind, message = finding["type"], finding["msg"]
    field = where[-1] if where else ""
    if kind == "extra_forbidden":
        known = _fields(model, where[:-1])
        return Fault(
            what=f"unknown field `{field}`",
            source=document.source,
            line=document.line_of(where),
            path=format_path(where),
            hint=did_you_mean(str(field), known),
        )
    if kind == "missing":
        what, hint = "is required", _description(model, where)
    else:
        what = _MAPPING if kind in ("model_type", "dict_type") else message.removeprefix("Value error, ")
        what = what[:1].lower() + what[1:] if what[:2].istitle() else what
        what = what.removeprefix("input ")
        value = finding.get("input")
        if isinstance(value, str | int | float | bool) and str(value) not in what:
            what += f", not {value!r}"[:_SHOWN]
        hint = _description(model, where)
    return Fault(what=what, source=document.source, line=document.line_of(where), path=format_path(where), hint=hint)


def _description(model: type[BaseModel], where: Sequence[Step]) -> str:
    """Give what the schema says of the field."""
    owner = _model_at(model, where[:-1])
    if owner is None or not where:
        return ""
    for name, field in owner.model_fields.items():
        if where[-1] in (name, field.alias):
            return field.description or ""
    return ""


def _fields(model: type[BaseModel], where: Sequence[Step]) -> list[str]:
    owner = _model_at(model, where)
    return [] if owner is None else [field.alias or name for name, field in owner.model_fields.items()]


def _model_at(model: type[BaseModel], where: Sequence[Step]) -> type[BaseModel] | None:
    """Give the model that the value at ``where`` should be; ``None`` where that is no model."""
    here: type[BaseModel] | None = model
    for step in where:
        if isinstance(step, int):
            continue  # an item of a list: its model was found with the list
        if here is None:
            return None
        fields = {field.alias or name: field for name, field in here.model_fields.items()}
        here = _model_in(fields[step].annotation) if step in fields else None
    return here


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model within an annotation such as ``tuple[Step, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)
