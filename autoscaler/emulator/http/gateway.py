"""The way of every request: who asks, what for, is it allowed, which handler answers.

Source: apiserver pkg/server/config.go (DefaultBuildHandlerChain).
"""

from aiohttp import web

from autoscaler.emulator import errors
from autoscaler.emulator.builtin import BINDINGS
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.faults import ConnectionCutError, FaultSwitch, ThrottledError, suffer
from autoscaler.emulator.http.authorization import attributes_of, authorize, impersonated, refusal_of
from autoscaler.emulator.http.discovery import Discovery
from autoscaler.emulator.http.exchange import Exchange, plain, refuse
from autoscaler.emulator.http.media import negotiate
from autoscaler.emulator.http.metrics_apis import GROUPS as METRICS_GROUPS
from autoscaler.emulator.http.metrics_apis import MetricsApis
from autoscaler.emulator.http.nonresource import NonResource
from autoscaler.emulator.http.openapi import OpenApi
from autoscaler.emulator.http.patches import patch_object
from autoscaler.emulator.http.paths import RequestInfo, parse_request
from autoscaler.emulator.http.pod_actions import bind_pod, evict_pod
from autoscaler.emulator.http.reads import get_object, list_objects
from autoscaler.emulator.http.reviews import Reviews
from autoscaler.emulator.http.watches import watch_objects
from autoscaler.emulator.http.writes import create_object, delete_collection, delete_object, update_object
from autoscaler.emulator.rbac import Authorizer
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.store import ObjectStore
from autoscaler.emulator.users import Authenticator, User


class Gateway:
    """Routes requests to the handlers of the store, of discovery and of the other APIs."""

    def __init__(
        self, store: ObjectStore, authenticator: Authenticator, metrics: MetricsApis, faults: FaultSwitch
    ) -> None:
        self._store = store
        self._authenticator = authenticator
        self._authorizer = Authorizer(store)
        self._metrics = metrics
        self._faults = faults
        self._reviews = Reviews(store, authenticator, self._authorizer)
        self._nonresource = NonResource(Discovery(store.registry, metrics), OpenApi(store.registry))

    async def handle(self, request: web.Request, nobody: User) -> web.StreamResponse:
        """Answer one request; ``nobody`` is who calls without a token. A refusal becomes a Status."""
        try:
            authorization = request.headers.get("Authorization")
            user = self._authenticator.authenticate(authorization, self._store.clock(), nobody)
            user = impersonated(self._authorizer, user, request.headers)
            info = parse_request(request.method, request.path, request.query)
            if (fault := self._faults.strike(user.name, request.method, request.path)) is not None:
                denied = refusal_of(user, attributes_of(info), "")
                modified = errors.modified(info.group, info.plural, info.name)
                await suffer(fault, denied=denied, modified=modified)
            authorize(self._authorizer, user, info, request.query)
            return await self._route(request, info, user)
        except ApiError as refusal:
            return refuse(refusal)
        except ThrottledError as rejection:
            return _too_many(rejection)
        except ConnectionCutError:
            return _cut(request)

    async def _route(self, request: web.Request, info: RequestInfo, user: User) -> web.StreamResponse:
        group, version = _group_version(request.path)
        if group in METRICS_GROUPS and version:
            return self._metrics.answer(request, info, group, version)
        if not info.is_resource:
            return self._nonresource.answer(request)
        resource = self._find(info)
        if resource is None:
            return plain("404 page not found\n", 404)
        self._check_method(info, resource)
        answer = negotiate(request.headers.get("Accept", ""))
        exchange = Exchange(request, info, user, resource, answer)
        try:
            return await self._dispatch(exchange)
        except ApiError as refusal:
            return refuse(refusal, exchange.warnings)

    def _find(self, info: RequestInfo) -> Resource | None:
        """The resource of a path; None when not even its group is served, or is a custom one without it.

        Raises:
            ApiError: 404 when only the version or the resource is unknown.
        """
        found = self._store.registry.find(info.group, info.version, info.plural)
        if found is None:
            if info.group and (
                info.group not in self._store.registry.versions() or self._store.registry.is_custom(info.group)
            ):
                return None
            raise errors.no_such_resource()
        if found.is_custom and info.subresource and found.subresource(info.subresource) is None:
            raise errors.not_found(found.group, found.plural, info.name)
        is_misplaced = bool(info.namespace) != found.namespaced and (bool(info.namespace) or bool(info.name))
        if is_misplaced or (info.subresource and found.subresource(info.subresource) is None):
            raise errors.no_such_resource()
        return found

    def _check_method(self, info: RequestInfo, resource: Resource) -> None:
        subresource = resource.subresource(info.subresource) if info.subresource else None
        verbs = resource.verbs if subresource is None else subresource.verbs
        on_name = bool(info.name)
        fits = {"create": not on_name or subresource is not None, "update": on_name, "patch": on_name}
        is_across = resource.namespaced and not info.namespace and info.verb not in ("list", "watch")
        if info.verb not in verbs or not fits.get(info.verb, True) or is_across:
            raise errors.method_not_allowed()

    async def _dispatch(self, exchange: Exchange) -> web.StreamResponse:
        store = self._store
        match exchange.info.verb:
            case "get":
                return get_object(exchange, store)
            case "list":
                return list_objects(exchange, store)
            case "watch":
                return await watch_objects(exchange, store)
            case "create":
                return await self._create(exchange)
            case "update":
                return await update_object(exchange, store)
            case "patch":
                return await patch_object(exchange, store)
            case "delete":
                return await delete_object(exchange, store)
            case _:
                return await delete_collection(exchange, store)

    async def _create(self, exchange: Exchange) -> web.Response:
        if self._reviews.answers(exchange.resource):
            return await self._reviews.review(exchange)
        if exchange.resource is BINDINGS:
            return await bind_pod(exchange, self._store)
        match exchange.info.subresource:
            case "token":
                return await self._reviews.request_token(exchange)
            case "binding":
                return await bind_pod(exchange, self._store)
            case "eviction":
                return await evict_pod(exchange, self._store)
            case "":
                return await create_object(exchange, self._store)
            case _:
                raise errors.no_such_resource()


def _group_version(path: str) -> tuple[str, str]:
    """Group and version of a path below /apis; empty where it names none."""
    parts = path.strip("/").split("/")
    return (parts[1], parts[2]) if parts[0] == "apis" and len(parts) > 2 else ("", "")


def _too_many(rejection: ThrottledError) -> web.Response:
    response = plain("Too many requests, please try again later.\n", 429)
    response.headers["Retry-After"] = str(rejection.args[0])
    return response


def _cut(request: web.Request) -> web.Response:
    """Close the connection; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
