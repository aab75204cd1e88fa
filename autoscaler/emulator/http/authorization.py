"""Whether a request may be done, and the refusal's words when not.

Source: apiserver pkg/endpoints/handlers/responsewriters/errors.go (Forbidden).
"""

from collections.abc import Mapping
from dataclasses import replace

from multidict import CIMultiDictProxy

from autoscaler.emulator import errors
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.http.paths import RequestInfo, selected_name
from autoscaler.emulator.rbac import Attributes, Authorizer
from autoscaler.emulator.users import AUTHENTICATED, User


def authorize(authorizer: Authorizer, user: User, info: RequestInfo, query: Mapping[str, str]) -> None:
    """Refuse what the user may not do. A list or watch of one name is judged as that object's.

    Raises:
        ApiError: 403.
    """
    asked = attributes_of(info)
    if info.is_resource and not info.watches_by_path and info.verb in ("list", "watch"):
        asked = replace(asked, name=selected_name(query))
    verdict = authorizer.decide(user, asked)
    if not verdict.allowed:
        raise refusal_of(user, asked, verdict.reason)


def impersonated(authorizer: Authorizer, user: User, headers: CIMultiDictProxy[str]) -> User:
    """The user that the caller asks to be taken for (``kubectl --as``), or the caller itself.

    Raises:
        ApiError: 403 when the caller may not impersonate.
    """
    name = headers.get("Impersonate-User")
    if not name:
        return user
    asked = [Attributes(verb="impersonate", resource="users", name=name)]
    groups = headers.getall("Impersonate-Group", [])
    asked += [Attributes(verb="impersonate", resource="groups", name=group) for group in groups]
    for each in asked:
        verdict = authorizer.decide(user, each)
        if not verdict.allowed:
            raise refusal_of(user, each, verdict.reason)
    return User(name=name, groups=tuple(dict.fromkeys([*groups, AUTHENTICATED])))


def attributes_of(info: RequestInfo) -> Attributes:
    """A request as authorization sees it."""
    if not info.is_resource:
        return Attributes(verb=info.verb, path=info.path)
    return Attributes(
        verb=info.verb,
        group=info.group,
        resource=info.plural,
        subresource=info.subresource,
        namespace=info.name if info.plural == "namespaces" and not info.namespace else info.namespace,
        name=info.name,
    )


def refusal_of(user: User, asked: Attributes, reason: str) -> ApiError:
    """403 with user, verb and resource."""
    if asked.path:
        return errors.path_forbidden(user.name, asked.verb, asked.path)
    where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    why = (
        f'User "{user.name}" cannot {asked.verb} resource "{asked.full_resource}" in API group "{asked.group}" {where}'
    )
    return errors.forbidden(asked.group, asked.resource, asked.name, f"{why}: {reason}" if reason else why)
