"""Role-based access control: what a user may do by the roles bound to it.

Source: kubernetes plugin/pkg/auth/authorizer/rbac; bootstrap policy of 1.36.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from autoscaler.emulator.builtin import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from autoscaler.emulator.default_roles import DEFAULT_ROLES
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.users import AUTHENTICATED, User
from autoscaler.model.json_types import JsonObject

_UNAUTHENTICATED: Final = "system:unauthenticated"
_PUBLIC_PATHS: Final = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_DISCOVERY_PATHS: Final = [
    "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version",
    "/version/",
]  # fmt: skip
BASIC_RULES: Final[list[JsonObject]] = [
    {
        "verbs": ["create"],
        "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    },
    {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
]
"""What every authenticated user may do (system:basic-user)."""


class Objects(Protocol):
    """What authorization reads."""

    def find(self, resource: Resource, name: str, namespace: str = "") -> JsonObject | None:
        """The object of that name, or None."""
        ...

    def items(self, resource: Resource, namespace: str = "") -> list[JsonObject]:
        """The objects of a namespace, or of all."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What is asked for: a verb on a resource, or on a path that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        """``deployments/scale``."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is allowed, and why."""

    allowed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule a user has, and the words that explain it."""

    rule: JsonObject
    reason: str


class Authorizer:
    """Decides by the roles and bindings among the objects."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def decide(self, user: User, asked: Attributes) -> Verdict:
        """Whether the user may do it."""
        if user.is_master:
            return Verdict(True)
        missing: dict[str, None] = {}
        for grant in self.grants(user, asked.namespace, missing):
            if rule_allows(grant.rule, asked):
                return Verdict(True, grant.reason)
        listed = ", ".join(missing)
        return Verdict(False, f"RBAC: {f'[{listed}]' if len(missing) > 1 else listed}" if missing else "")

    def grants(self, user: User, namespace: str, missing: dict[str, None] | None = None) -> Iterator[Grant]:
        """All rules of a user in a namespace: its own first, cluster-wide ones and those of every user.

        Bound roles that are not there are told in ``missing``, in the order they are met.
        """
        missing = {} if missing is None else missing
        yield from _bootstrap(user)
        for binding in self._objects.items(CLUSTER_ROLE_BINDINGS):
            yield from self._bound(user, binding, "", missing)
        if namespace:
            for binding in self._objects.items(ROLE_BINDINGS, namespace):
                yield from self._bound(user, binding, namespace, missing)

    def _bound(self, user: User, binding: JsonObject, namespace: str, missing: dict[str, None]) -> Iterator[Grant]:
        subject = next((item for item in binding.get("subjects") or [] if _is_subject(item, user, namespace)), None)
        if subject is None:
            return
        reference = binding["roleRef"]
        resource = ROLES if reference["kind"] == "Role" else CLUSTER_ROLES
        rules = self._rules(resource, reference["name"], namespace)
        if rules is None:
            missing[f'{reference["kind"].lower()}.rbac.authorization.k8s.io "{reference["name"]}" not found'] = None
            return
        where = f"{binding['metadata']['name']}/{namespace}" if namespace else binding["metadata"]["name"]
        kind = "RoleBinding" if namespace else "ClusterRoleBinding"
        reason = f'RBAC: allowed by {kind} "{where}" of {reference["kind"]} "{reference["name"]}" to {_subject_text(subject)}'
        for rule in rules:
            yield Grant(rule, reason)

    def _rules(self, resource: Resource, name: str, namespace: str) -> list[JsonObject] | None:
        """The rules of a role; None when there is no such role."""
        role = self._objects.find(resource, name, namespace if resource is ROLES else "")
        if role is not None:
            return role.get("rules") or []
        return DEFAULT_ROLES.get(name) if resource is CLUSTER_ROLES else None


def rule_allows(rule: JsonObject, asked: Attributes) -> bool:
    """Whether one rule covers what is asked for."""
    verbs = rule.get("verbs") or []
    if asked.verb not in verbs and "*" not in verbs:
        return False
    if asked.path:
        return any(_path_fits(pattern, asked.path) for pattern in rule.get("nonResourceURLs") or [])
    groups, resources, names = (rule.get(field) or [] for field in ("apiGroups", "resources", "resourceNames"))
    fits = "*" in resources or asked.full_resource in resources
    fits = fits or bool(asked.subresource and f"*/{asked.subresource}" in resources)
    return fits and ("*" in groups or asked.group in groups) and (not names or asked.name in names)


def _path_fits(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _bootstrap(user: User) -> Iterator[Grant]:
    """Rules every cluster has for users of that standing."""
    public = {"verbs": ["get"], "nonResourceURLs": _PUBLIC_PATHS}
    if AUTHENTICATED in user.groups or _UNAUTHENTICATED in user.groups:
        group = AUTHENTICATED if AUTHENTICATED in user.groups else _UNAUTHENTICATED
        yield Grant(public, _bootstrap_reason("system:public-info-viewer", group))
    if AUTHENTICATED in user.groups:
        for rule in BASIC_RULES:
            yield Grant(rule, _bootstrap_reason("system:basic-user", AUTHENTICATED))
        discovery = {"verbs": ["get"], "nonResourceURLs": _DISCOVERY_PATHS}
        yield Grant(discovery, _bootstrap_reason("system:discovery", AUTHENTICATED))


def _bootstrap_reason(role: str, group: str) -> str:
    return f'RBAC: allowed by ClusterRoleBinding "{role}" of ClusterRole "{role}" to Group "{group}"'


def _is_subject(subject: JsonObject, user: User, namespace: str) -> bool:
    name = subject.get("name", "")
    match subject.get("kind"):
        case "User":
            return bool(name == user.name)
        case "Group":
            return name in user.groups
        case "ServiceAccount":
            home = subject.get("namespace") or namespace
            return user.name == f"system:serviceaccount:{home}:{name}"
        case _:
            return False


def _subject_text(subject: JsonObject) -> str:
    name = subject["name"]
    if subject["kind"] == "ServiceAccount":
        name = f"{name}/{subject.get('namespace', '')}"
    return f'{subject["kind"]} "{name}"'
