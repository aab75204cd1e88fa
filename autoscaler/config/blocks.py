"""What the blocks of a policy share: strictness, guards that may be off, and a JSON schema that says what may be written.

Amounts are written as text (``90s``, ``80%``, ``4x``) and held as numbers, so pydantic's own schema knows neither their
defaults nor their limits as people write them. Here both are put in: ``x-unit`` names the way of writing, ``x-bounds``
the limits of the number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, TypeVar, get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from autoscaler.config.durations import print_duration
from autoscaler.config.units import UNIT
from autoscaler.model.time import seconds

T = TypeVar("T")

BOUNDS: Final = "x-bounds"
#: What switches a guard off: a word (which YAML reads as false unless it is quoted), or ``enabled: false`` in its block.
OFF: Final = ("off", False)
_SIGNS: Final = {"gt": Gt, "ge": Ge, "lt": Lt, "le": Le}


class _Off:
    """Reads ``off``; in the schema the value may be that, or a block that says ``enabled: false``."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_or_off, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        inner = handler(schema)
        options = [option for option in inner.get("anyOf", [inner]) if option != {"type": "null"}]
        written: list[JsonSchemaValue] = [*options, {"enum": list(OFF)}]
        if any("$ref" in option for option in options):
            switch = {"enabled": {"type": "boolean"}}
            written.append({"type": "object", "required": ["enabled"], "properties": switch})
        return {"anyOf": written}


def _or_off(value: Any) -> Any:
    if value is None:
        raise ValueError("is empty: leave it out for the default, or write `off`")
    if isinstance(value, dict) and isinstance(value.get("enabled"), bool):
        return {name: item for name, item in value.items() if name != "enabled"} if value["enabled"] else None
    return None if value is False or value == "off" else value  # an unquoted off is false in YAML


#: What may be switched off; held as ``None`` then.
OrOff = Annotated[T | None, _Off()]


def _multiple(value: Any) -> Any:
    """Read ``4x``."""
    return value[:-1] if isinstance(value, str) and value[-1:] == "x" else value


_Multiple = Annotated[str, Field(json_schema_extra={UNIT: "multiple"})] | float
Multiple = Annotated[float, BeforeValidator(_multiple, json_schema_input_type=_Multiple), Field(gt=1)]


class Block(BaseModel):
    """Base of every block: frozen, camelCase as manifests are, and an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, alias_generator=to_camel, populate_by_name=False
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say defaults and limits of amounts as people write them."""
        written = handler(schema)
        fields = handler.resolve_ref_schema(written).get("properties", {})
        for name, field in cls.model_fields.items():
            part = fields[field.alias or name]
            unit = unit_of(part)
            if isinstance(part.get("default"), dict):
                del part["default"]  # a block's defaults stand at its own fields
            if not unit:
                continue
            for sign in _SIGNS:
                part.pop(sign, None)  # pydantic leaves them where they mean nothing
            if isinstance(part.get("default"), int | float):
                part["default"] = as_written(unit, part["default"])
            bounds = dict(_bounds(field))
            if bounds:
                part[BOUNDS] = bounds
        return written


def unit_of(schema: JsonSchemaValue) -> str:
    """Tell how an amount is written: duration, share, amount or multiple; empty for what is no such amount."""
    return str(schema.get(UNIT, "")) or next(filter(None, map(unit_of, schema.get("anyOf", ()))), "")


def as_written(unit: str, value: float) -> str:
    """Write a number as people do in that unit.

    >>> as_written("duration", 90.0), as_written("share", 0.8), as_written("multiple", 4.0), as_written("amount", 2.5)
    ('90s', '80%', '4x', '2.5')
    """
    match unit:
        case "duration" if value < 120:
            return f"{value:g}s"
        case "duration":
            return print_duration(seconds(value))
        case "share":
            return f"{value * 100:g}%"
        case "multiple":
            return f"{value:g}x"
        case _:
            return f"{value:g}"


def _bounds(field: FieldInfo) -> Iterator[tuple[str, float]]:
    """Find the limits of a number, wherever its annotation holds them; the field's own come last and win."""
    yield from _limits(_annotations(field.annotation))
    yield from _limits(field.metadata)


def _annotations(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _annotations(part)


def _limits(metadata: Any) -> Iterator[tuple[str, float]]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from _limits(item.metadata)
        for sign, limit in _SIGNS.items():
            if isinstance(item, limit):
                yield sign, getattr(item, sign)
