"""Requests that ask about users, tokens and rights, and are stored nowhere.

Source: kubernetes pkg/registry/authentication and pkg/registry/authorization.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import uuid4

from aiohttp import web

from autoscaler.config.decoding import decode
from autoscaler.config.go_time import format_time
from autoscaler.emulator import codec, errors
from autoscaler.emulator.builtin import SERVICE_ACCOUNTS
from autoscaler.emulator.http.bodies import read_body
from autoscaler.emulator.http.exchange import Exchange
from autoscaler.emulator.rbac import Attributes, Authorizer
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.store import ObjectStore
from autoscaler.emulator.users import AUDIENCE, Authenticator, User
from autoscaler.model.field_errors import FieldError, invalid
from autoscaler.model.json_types import JsonObject

_SHORTEST_TOKEN_S: Final = 600
_LONGEST_TOKEN_S: Final = 2**32
_DEFAULT_TOKEN_S: Final = 3600
TOKEN_REQUEST: Final = Resource(
    group="authentication.k8s.io", version="v1", plural="tokenrequests", kind="TokenRequest", singular="tokenrequest"
)


class Reviews:
    """Answers reviews by the server's own authenticator and authorizer."""

    def __init__(self, store: ObjectStore, authenticator: Authenticator, authorizer: Authorizer) -> None:
        self._store = store
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._answers: dict[str, Callable[[Exchange, JsonObject], JsonObject]] = {
            "TokenReview": self._token,
            "SelfSubjectReview": self._self,
            "SelfSubjectAccessReview": self._own_access,
            "SubjectAccessReview": self._access,
            "LocalSubjectAccessReview": self._access,
            "SelfSubjectRulesReview": self._rules,
        }

    def answers(self, resource: Resource) -> bool:
        """Whether the resource is a review."""
        return resource.kind in self._answers and resource.group.startswith("auth")

    async def review(self, exchange: Exchange) -> web.Response:
        """Answer a POST of a review."""
        body = await self._read(exchange, exchange.resource)
        answer = self._answers[exchange.resource.kind](exchange, body)
        shown: JsonObject = {"metadata": {}} | decode(answer, codec.type_of(exchange.resource)).obj
        return exchange.respond(shown, 201)

    async def request_token(self, exchange: Exchange) -> web.Response:
        """Answer a POST to a service account's ``token``."""
        info, now = exchange.info, self._store.clock()
        account = self._store.get(SERVICE_ACCOUNTS, info.name, info.namespace)
        body = await self._read(exchange, TOKEN_REQUEST)
        spec = body.get("spec") or {}
        seconds = spec.get("expirationSeconds", _DEFAULT_TOKEN_S)
        if faults := _token_faults(seconds):
            raise errors.invalid(TOKEN_REQUEST.group, TOKEN_REQUEST.kind, "", faults)
        ends = now + timedelta(seconds=seconds)
        uid = account["metadata"]["uid"]
        token = self._authenticator.issue(
            namespace=info.namespace, account=info.name, uid=uid, token_id=uuid4(), ends=ends
        )
        metadata = {"name": info.name, "namespace": info.namespace, "uid": uid, "creationTimestamp": format_time(now)}
        answer = {
            "kind": "TokenRequest",
            "apiVersion": TOKEN_REQUEST.api_version,
            "metadata": metadata,
            "spec": {
                "audiences": spec.get("audiences") or [AUDIENCE],
                "expirationSeconds": seconds,
                "boundObjectRef": spec.get("boundObjectRef"),
            },
            "status": {"token": token, "expirationTimestamp": format_time(ends)},
        }
        return exchange.respond(answer, 201)

    async def _read(self, exchange: Exchange, resource: Resource) -> JsonObject:
        content_type = exchange.request.headers.get("Content-Type", "")
        read = read_body(resource, content_type, await exchange.request.read())
        if refusal := exchange.complain(read.complaints):
            raise codec.cannot_be_handled(resource, refusal)
        return read.obj | {"kind": resource.kind, "apiVersion": resource.api_version}

    def _token(self, _: Exchange, review: JsonObject) -> JsonObject:
        spec = review.get("spec") or {}
        token = spec.get("token", "")
        if not token:
            raise errors.bad_request("token is required for TokenReview in authentication")
        user = self._authenticator.user_of(token, self._store.clock())
        if user is None:
            return review | {"status": {"user": {}, "error": "invalid bearer token"}}
        wanted = spec.get("audiences") or [AUDIENCE]
        if AUDIENCE not in wanted:
            return review | {"status": {"user": {}}}
        return review | {"status": {"authenticated": True, "user": _user_info(user), "audiences": [AUDIENCE]}}

    def _self(self, exchange: Exchange, review: JsonObject) -> JsonObject:
        metadata = {"creationTimestamp": format_time(self._store.clock())}
        return review | {"metadata": metadata, "status": {"userInfo": _user_info(exchange.user)}}

    def _own_access(self, exchange: Exchange, review: JsonObject) -> JsonObject:
        if faults := _attribute_faults(review.get("spec") or {}):
            raise errors.invalid(exchange.resource.group, "", "", faults)
        return review | {"status": self._decide(exchange.user, review)}

    def _access(self, exchange: Exchange, review: JsonObject) -> JsonObject:
        spec = review.get("spec") or {}
        if namespace := exchange.info.namespace:
            _check_local(spec, namespace)
        if faults := _access_faults(spec):
            raise errors.invalid(exchange.resource.group, "", "", faults)
        user = User(name=spec.get("user", ""), uid=spec.get("uid", ""), groups=tuple(spec.get("groups") or ()))
        return review | {"status": self._decide(user, review)}

    def _decide(self, user: User, review: JsonObject) -> JsonObject:
        verdict = self._authorizer.decide(user, _attributes(review.get("spec") or {}))
        status: JsonObject = {"allowed": verdict.allowed}
        return status | ({"reason": verdict.reason} if verdict.reason else {})

    def _rules(self, exchange: Exchange, review: JsonObject) -> JsonObject:
        namespace = (review.get("spec") or {}).get("namespace", "")
        if not namespace:
            raise errors.bad_request("no namespace on request")
        rules = [grant.rule for grant in self._authorizer.grants(exchange.user, namespace)]
        if exchange.user.is_master:
            everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
            rules = [everything, {"verbs": ["*"], "nonResourceURLs": ["*"]}, *rules]
        status = {
            "resourceRules": [rule for rule in rules if "nonResourceURLs" not in rule],
            "nonResourceRules": [rule for rule in rules if "nonResourceURLs" in rule],
            "incomplete": False,
        }
        return review | {"spec": {}, "status": status}


def _token_faults(seconds: int) -> list[FieldError]:
    field = "spec.expirationSeconds"
    if seconds < _SHORTEST_TOKEN_S:
        return [invalid(field, seconds, "may not specify a duration less than 10 minutes")]
    if seconds > _LONGEST_TOKEN_S:
        return [invalid(field, seconds, "may not specify a duration larger than 2^32 seconds")]
    return []


def _access_faults(spec: JsonObject) -> list[FieldError]:
    faults = _attribute_faults(spec)
    if not spec.get("user") and not spec.get("groups"):
        faults.append(invalid("spec.user", "", "at least one of user or group must be specified"))
    return faults


def _attribute_faults(spec: JsonObject) -> list[FieldError]:
    """A review is about one thing: a resource or a path."""
    faults = []
    named = [name for name in ("resourceAttributes", "nonResourceAttributes") if spec.get(name)]
    if len(named) > 1:
        text = "cannot be specified in combination with resourceAttributes"
        path = spec["nonResourceAttributes"]
        shown = {"Path": path.get("path", ""), "Verb": path.get("verb", "")}
        faults.append(invalid("spec.nonResourceAttributes", shown, text))
    if not named:
        text = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        faults.append(invalid("spec.resourceAttributes", None, text))
    return faults


def _check_local(spec: JsonObject, namespace: str) -> None:
    """A local review is about its own namespace.

    Raises:
        ApiError: 400.
    """
    if (spec.get("resourceAttributes") or {}).get("namespace", "") != namespace:
        raise errors.bad_request(f"spec.resourceAttributes.namespace must match namespace: {namespace}")


def _user_info(user: User) -> JsonObject:
    parts: JsonObject = {"username": user.name, "uid": user.uid, "groups": list(user.groups), "extra": user.extra}
    return {key: value for key, value in parts.items() if value}


def _attributes(spec: JsonObject) -> Attributes:
    if path := spec.get("nonResourceAttributes"):
        return Attributes(verb=path.get("verb", ""), path=path.get("path", ""))
    asked = spec.get("resourceAttributes") or {}
    return Attributes(
        verb=asked.get("verb", ""),
        group=asked.get("group", ""),
        resource=asked.get("resource", ""),
        subresource=asked.get("subresource", ""),
        namespace=asked.get("namespace", ""),
        name=asked.get("name", ""),
    )
