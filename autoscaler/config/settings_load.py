"""Settings from everywhere: flag before environment before file before default, and where each value came from.

An unknown key in the file is a fault. An unknown ``AUTOSCALER_*`` variable is only warned of: Kubernetes adds such
variables by itself where a Service has our name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from autoscaler.config.documents import Document, load_file
from autoscaler.config.settings import ENVIRONMENT_PREFIX, NESTED_DELIMITER, Settings
from autoscaler.config.suggestions import did_you_mean, nearest
from autoscaler.model.errors import Fault, InvalidInputError, InvalidSettingsError
from autoscaler.model.json_types import JsonObject

FILE_VARIABLE: Final = "AUTOSCALER_CONFIG"

_Steps = tuple[str, ...]

#: Variables that are ours but no settings: this file's own, debugging, and the data folders of the tests.
_OTHER_VARIABLES: Final = frozenset(
    {FILE_VARIABLE, "AUTOSCALER_DEBUG", "AUTOSCALER_HPA_VECTORS", "AUTOSCALER_API_SEQUENCES", "AUTOSCALER_TRACES"}
)
#: What the kubelet sets for a Service named `autoscaler`.
_SERVICE_LINK: Final = re.compile(r"AUTOSCALER_(SERVICE_(HOST|PORT).*|PORT(_.*)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value came from: ``default``, a flag, a variable, or a line of a file."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


DEFAULT: Final = Origin(source="default")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """The settings in force. ``origins`` has an entry for each setting, by its path such as ``hpa.sync_period``."""

    settings: Settings
    origins: Mapping[str, Origin]
    warnings: tuple[str, ...] = ()


def load_settings(
    flags: Mapping[str, Any] | None = None, *, file: Path | None = None, environment: Mapping[str, str]
) -> LoadedSettings:
    """Bring all sources together.

    ``flags`` maps paths (``kubernetes.kubeconfig``) to values; ``None`` means not given. ``file`` defaults to the
    variable ``AUTOSCALER_CONFIG``; without either no file is read.

    Raises:
        InvalidSettingsError: one fault for each setting that is unknown or wrong, naming flag, variable or line.
    """
    where = file or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    sources = [
        _from_file(where) if where is not None else {},
        _from_environment(environment),
        _from_flags(flags or {}),
    ]
    merged: dict[_Steps, tuple[Any, Origin]] = {}
    for source in sources:  # later ones win
        for steps in source:
            merged = {taken: value for taken, value in merged.items() if not _overlap(taken, steps)}
        merged.update(source)
    try:
        settings = Settings(**_nest({steps: value for steps, (value, _) in merged.items()}))
    except ValidationError as error:
        origins = {steps: origin for steps, (_, origin) in merged.items()}
        raise InvalidSettingsError([_fault(problem, origins) for problem in error.errors()]) from error
    origins_by_path = {
        ".".join(steps): merged[steps][1] if steps in merged else DEFAULT for steps, _ in _leaves(settings)
    }
    return LoadedSettings(settings=settings, origins=origins_by_path, warnings=tuple(_unknown_variables(environment)))


def setting_values(settings: Settings) -> Mapping[str, Any]:
    """Give each setting's value, as a file would write it, by its path."""
    return {".".join(steps): value for steps, value in _leaves(settings)}


def settings_help() -> Mapping[str, str]:
    """Give what each setting means, by its path."""
    return dict(_meanings(Settings))


def meaning_of(path: str, meanings: Mapping[str, str]) -> str:
    """Find what the setting at ``path`` means: each item of a mapping has the same settings."""
    parts = path.split(".")
    return meanings.get(path) or meanings.get(".".join([parts[0], "*", *parts[2:]]), "")


def environment_name(path: str) -> str:
    """Give the variable that sets the setting at ``path``: ``AUTOSCALER_HPA__SYNC_PERIOD``."""
    return ENVIRONMENT_PREFIX + path.replace(".", NESTED_DELIMITER).upper()


def _from_flags(flags: Mapping[str, Any]) -> dict[_Steps, tuple[Any, Origin]]:
    given = {path: value for path, value in flags.items() if value is not None}
    return {tuple(path.split(".")): (value, Origin(source=_flag(path))) for path, value in given.items()}


def _flag(path: str) -> str:
    return "--prometheus" if path == "datasources.main.url" else "--" + path.rpartition(".")[2].replace("_", "-")


def _from_environment(environment: Mapping[str, str]) -> dict[_Steps, tuple[Any, Origin]]:
    values = _GivenEnvironment(Settings, environment)
    try:
        nested = values()
    except SettingsError as error:
        raise InvalidSettingsError([Fault(what=str(error), source="environment")]) from error
    flat = dict(_flatten(nested))
    return {steps: (value, Origin(source=environment_name(".".join(steps)))) for steps, value in flat.items()}


class _GivenEnvironment(EnvSettingsSource):
    """The library's reading of variables, from a mapping that is passed in. An empty one counts as not set."""

    def __init__(self, settings_cls: type[Settings], environment: Mapping[str, str]) -> None:
        self._given = environment
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        known = [environment_name(path) for path in _paths()]
        return {
            name.lower(): text
            for name, text in self._given.items()
            if text and (name.upper() in known or _is_of_mapping(name))
        }


def _from_file(path: Path) -> dict[_Steps, tuple[Any, Origin]]:
    try:
        documents = load_file(path)
    except InvalidInputError as error:
        raise InvalidSettingsError(error.faults) from error
    if not documents:
        return {}
    document = documents[0]
    if len(documents) > 1:
        what = "holds more than one document"
        raise InvalidSettingsError([Fault(what=what, source=document.source, line=documents[1].line)])
    if not isinstance(document.value, dict):
        what, hint = "must be a mapping of settings", "see `autoscaler config show -o yaml`"
        raise InvalidSettingsError([Fault(what=what, source=document.source, line=document.line, hint=hint)])
    for name in document.value:
        if name.startswith("_"):  # the library has arguments of its own that begin so
            line = document.line_of((name,))
            raise InvalidSettingsError([Fault(what="no such setting", source=document.source, line=line, path=name)])
    return {steps: (value, _origin(document, steps)) for steps, value in _flatten(document.value)}


def _origin(document: Document, steps: _Steps) -> Origin:
    return Origin(source=document.source, line=document.line_of(steps))


def _flatten(values: JsonObject, above: _Steps = ()) -> Iterator[tuple[_Steps, Any]]:
    for name, value in values.items():
        steps = (*above, name)
        if isinstance(value, dict) and value:
            yield from _flatten(value, steps)
        elif value is not None:
            yield steps, value


def _nest(flat: Mapping[_Steps, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for steps, value in flat.items():
        place = nested
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = value
    return nested


def _overlap(one: _Steps, other: _Steps) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _leaves(model: BaseModel, above: _Steps = ()) -> Iterator[tuple[_Steps, Any]]:
    written = model.model_dump(mode="json")
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*above, name))
        elif value and isinstance(value, dict) and all(isinstance(item, BaseModel) for item in value.values()):
            for key, item in value.items():
                yield from _leaves(item, (*above, name, key))
        else:
            yield (*above, name), written[name]


def _meanings(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _meanings(kind, f"{above}{name}.")
        elif items := _items_of(kind):
            yield f"{above}{name}", field.description or ""
            yield from _meanings(items, f"{above}{name}.*.")
        else:
            yield f"{above}{name}", field.description or ""


def _items_of(annotation: Any) -> type[BaseModel] | None:
    """Give the model of a mapping's values, such as that of each datasource."""
    found = get_args(annotation)[1:]
    return found[0] if found and isinstance(found[0], type) and issubclass(found[0], BaseModel) else None


def _is_of_mapping(name: str) -> bool:
    """Tell a variable that sets something of a datasource, whose name is not known before."""
    return name.upper().startswith(environment_name("datasources."))


def _paths() -> list[str]:
    return [".".join(steps) for steps, _ in _leaves(Settings())]


def _fault(problem: Mapping[str, Any], origins: Mapping[_Steps, Origin]) -> Fault:
    steps = tuple(str(step) for step in problem["loc"])
    origin = next((origins[given] for given in origins if _overlap(given, steps)), DEFAULT)
    path = ".".join(steps)
    what, hint = _explain(problem, path)
    return Fault(what=what, source=origin.source, line=origin.line, path=path, hint=hint)


def _explain(problem: Mapping[str, Any], path: str) -> tuple[str, str]:
    kind, given = problem["type"], problem["input"]
    parent, _, name = path.rpartition(".")
    siblings = [known.removeprefix(f"{parent}.") for known in _paths() if known.startswith(parent)]
    match kind:
        case "extra_forbidden":
            return "no such setting", did_you_mean(name, dict.fromkeys(known.split(".")[0] for known in siblings))
        case "bool_parsing" | "bool_type":
            return f"must be true or false, is {given!r}", ""
        case "enum":
            return f"must be one of {problem['ctx']['expected']}, is {given!r}", ""
        case "model_type":
            return f"must be a mapping of settings, is {given!r}", ""
        case "value_error":
            return str(problem["ctx"]["error"]), ""
        case _:
            return f"{problem['msg'].replace('Input should', 'must')}, is {given!r}", ""


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    known = {environment_name(path) for path in _paths()}
    for name in sorted(environment):
        if not name.startswith(ENVIRONMENT_PREFIX) or name in known | _OTHER_VARIABLES or _SERVICE_LINK.fullmatch(name):
            continue
        if _is_of_mapping(name):
            continue
        guess = nearest(name.removeprefix(ENVIRONMENT_PREFIX), (one.removeprefix(ENVIRONMENT_PREFIX) for one in known))
        hint = f" (did you mean {ENVIRONMENT_PREFIX}{guess}?)" if guess else ""
        yield f"{name}: no such setting; ignored{hint}"
