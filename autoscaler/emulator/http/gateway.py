"""The way of every request: who asks, what for, is it allowed, which handler answers.

Source: apiserver pkg/server/config.go (DefaultBuildHandlerChain).
"""

from aiohttp import web

from autoscaler.emulator import errors
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.http.exchange import Exchange, plain, refuse
from autoscaler.emulator.http.media import negotiate
from autoscaler.emulator.http.patches import patch_object
from autoscaler.emulator.http.paths import RequestInfo, parse_request
from autoscaler.emulator.http.reads import get_object, list_objects
from autoscaler.emulator.http.watches import watch_objects
from autoscaler.emulator.http.writes import create_object, delete_collection, delete_object, update_object
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.store import ObjectStore
from autoscaler.emulator.users import ADMIN, User


class Gateway:
    """Routes requests to the handlers of the store, of discovery and of the other APIs."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; a refusal becomes a Status."""
        try:
            info = parse_request(request.method, request.path, request.query)
            return await self._route(request, info, ADMIN)
        except ApiError as refusal:
            return refuse(refusal)

    async def _route(self, request: web.Request, info: RequestInfo, user: User) -> web.StreamResponse:
        if not info.is_resource:
            return plain("404 page not found\n", 404)
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
        """The resource of a path; None when not even its group is served.

        Raises:
            ApiError: 404 when only the version or the resource is unknown.
        """
        found = self._store.registry.find(info.group, info.version, info.plural)
        if found is None:
            if info.group and info.group not in self._store.registry.versions():
                return None
            raise errors.no_such_resource()
        if info.subresource and found.subresource(info.subresource) is None:
            raise errors.no_such_resource()
        return found

    def _check_method(self, info: RequestInfo, resource: Resource) -> None:
        subresource = resource.subresource(info.subresource) if info.subresource else None
        verbs = resource.verbs if subresource is None else subresource.verbs
        on_name = bool(info.name)
        fits = {"create": not on_name or subresource is not None, "update": on_name, "patch": on_name}
        if info.verb not in verbs or not fits.get(info.verb, True):
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
                return await create_object(exchange, store)
            case "update":
                return await update_object(exchange, store)
            case "patch":
                return await patch_object(exchange, store)
            case "delete":
                return await delete_object(exchange, store)
            case _:
                return await delete_collection(exchange, store)
