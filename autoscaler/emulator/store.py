"""The objects of the cluster with the API server's semantics: what every write, local or over HTTP, goes through.

Synchronous and in-process: controllers of the emulated cluster use it directly. Objects handed out are shared with the
store and never changed by it; callers must not change them either, but build new ones.

Source: apiserver pkg/registry/generic/registry/store.go, pkg/registry/rest/create.go, update.go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from autoscaler.config.decoding import DecodeError
from autoscaler.emulator import codec, deletion, errors
from autoscaler.emulator.admission import Admission
from autoscaler.emulator.builtin import DEFINITIONS
from autoscaler.emulator.clock import Clock
from autoscaler.emulator.definitions import Definitions
from autoscaler.emulator.deletion import DeleteOptions
from autoscaler.emulator.object_meta import new_metadata, updated_metadata
from autoscaler.emulator.ownership import Ownership
from autoscaler.emulator.resources import Registry, Resource
from autoscaler.emulator.storage import Change, Storage
from autoscaler.emulator.strategies import Strategies
from autoscaler.model.field_errors import FieldError, invalid
from autoscaler.model.json_types import JsonObject

Transform = Callable[[JsonObject], JsonObject]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """Who writes (field manager), whether it is only tried, and whether it is an apply."""

    manager: str = "emulator"
    dry_run: bool = False
    is_apply: bool = False
    """The object comes with its managedFields, which server-side apply has worked out."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """The object after a delete, and whether it is gone."""

    obj: JsonObject
    gone: bool


LOCAL = WriteOptions()
DELETE_NOW = DeleteOptions()
_SERVER = "kube-apiserver"
"""Field manager of what the server writes by itself."""


class ObjectStore:
    """Create, read, update, delete and follow objects."""

    def __init__(self, registry: Registry, clock: Clock, *, new_uid: Callable[[], UUID] = uuid4) -> None:
        self.registry = registry
        self.storage = Storage()
        self.strategies = Strategies()
        self.clock = clock
        self._new_uid = new_uid
        self._ownership = Ownership(clock)
        self._admission = Admission(self)
        self._definitions = Definitions(self)

    def get(self, resource: Resource, name: str, namespace: str = "") -> JsonObject:
        """The object of that name.

        Raises:
            ApiError: 404 NotFound.
        """
        found = self.find(resource, name, namespace)
        if found is None:
            raise errors.not_found(resource.group, resource.plural, name)
        return found

    def find(self, resource: Resource, name: str, namespace: str = "") -> JsonObject | None:
        """The object of that name, or None."""
        return self.storage.collection(resource.collection).objects.get(resource.key(namespace, name))

    def items(self, resource: Resource, namespace: str = "") -> list[JsonObject]:
        """The objects of a namespace, or of all; in key order."""
        prefix = f"{namespace}/" if namespace and resource.namespaced else ""
        return self.storage.collection(resource.collection).scan(prefix)

    def subscribe(self, resource: Resource, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``listener`` after every change of these objects; returns what ends it."""
        listeners = self.storage.collection(resource.collection).listeners
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def create(
        self, resource: Resource, obj: JsonObject, namespace: str = "", options: WriteOptions = LOCAL
    ) -> JsonObject:
        """Store a new object, read as its kind's type, defaulted and validated; returns it as stored.

        Raises:
            ApiError: it is invalid, forbidden, exists, or its namespace does not.
        """
        return self.insert(resource, self._decoded(resource, obj), namespace, options)

    def update(
        self, resource: Resource, obj: JsonObject, options: WriteOptions = LOCAL, subresource: str = ""
    ) -> JsonObject:
        """Replace the object of that name and namespace; a resourceVersion in it must be the current one.

        Raises:
            ApiError: it is not there, has changed, is invalid or forbidden.
        """
        metadata = obj["metadata"]
        existing = self.get(resource, metadata["name"], metadata.get("namespace", ""))
        self.check_conditional(resource, obj)
        return self.replace(resource, existing, self._decoded(resource, obj, existing), options, subresource)

    def change(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        transform: Transform,
        options: WriteOptions = LOCAL,
        subresource: str = "",
    ) -> JsonObject:
        """Read, transform and write back one object.

        Raises:
            ApiError: as ``update``, and what ``transform`` raises.
        """
        existing = self.get(resource, name, namespace)
        changed = self._decoded(resource, transform(existing), existing)
        return self.replace(resource, existing, changed, options, subresource)

    def insert(self, resource: Resource, obj: JsonObject, namespace: str, options: WriteOptions) -> JsonObject:
        """Store a new object that is already decoded and in its stored version.

        Raises:
            ApiError: as ``create``.
        """
        strategy = self.strategies.of(resource)
        obj = strategy.with_defaults(self._placed(resource, obj, namespace))
        if obj["metadata"].get("resourceVersion"):
            raise errors.internal("resourceVersion should not be set on objects to be created")
        if not options.is_apply:
            obj = self._ownership.created(obj, self.strategies.hub(resource), options.manager)
        obj = self._admission.mutate(resource, obj)
        metadata = new_metadata(obj["metadata"], self._new_uid(), self.clock())
        obj = strategy.prepare_create(obj | {"metadata": metadata}, self.clock())
        self._refuse_faults(resource, obj, strategy.validate(obj, None, ""))
        self._admission.check_create(resource, obj, dry_run=options.dry_run)
        self._refuse_existing(resource, metadata)
        if options.dry_run:
            return obj
        return self._settled(resource, self._put(resource, obj))

    def replace(
        self, resource: Resource, existing: JsonObject, new: JsonObject, options: WriteOptions, subresource: str
    ) -> JsonObject:
        """Write ``new``, decoded, over ``existing``: checked against its uid and version, prepared and validated.

        Raises:
            ApiError: as ``update``.
        """
        self._check_identity(resource, new, existing)
        strategy = self.strategies.of(resource)
        is_filled_in = "spec" in new and new["spec"] is existing.get("spec")
        if subresource != "binding" and not is_filled_in:
            new = strategy.with_defaults(new)
        new = new | {"metadata": updated_metadata(new["metadata"], existing["metadata"])}
        new = strategy.prepare_update(new, existing, subresource)
        self._refuse_faults(resource, new, strategy.validate(new, existing, subresource))
        if not options.is_apply:
            hub = self.strategies.hub(resource)
            new = self._ownership.updated(new, existing, hub, options.manager, subresource)
        if new == existing:
            return existing
        if options.dry_run:
            return new
        if _is_finished(new):
            self._settled(resource, self._remove(resource, new), gone=True)
            return new
        return self._settled(resource, self._put(resource, new))

    def delete(
        self, resource: Resource, name: str, namespace: str = "", options: DeleteOptions = DELETE_NOW
    ) -> Deleted:
        """Delete the object or, where something holds it, mark it.

        Raises:
            ApiError: 404, 409 for failed preconditions, 422 for faulty options, 403.
        """
        if faults := deletion.option_errors(options):
            raise errors.invalid_options("DeleteOptions", faults)
        existing = self.get(resource, name, namespace)
        deletion.check_preconditions(resource, existing, options)
        self._admission.check_delete(resource, existing)
        marked = self.strategies.of(resource).mark_deleted(existing, options, self.clock())
        if options.dry_run:
            return Deleted(marked.obj, marked.remove)
        obj = existing if marked.obj == existing else self._put(resource, marked.obj)
        if marked.remove:
            obj = self._remove(resource, obj)
        return Deleted(self._settled(resource, obj, gone=marked.remove), marked.remove)

    def rewrite(self, resource: Resource, obj: JsonObject) -> JsonObject:
        """Store a changed object as it is: the server's own bookkeeping in a status, past validation."""
        metadata = obj["metadata"]
        existing = self.get(resource, metadata["name"], metadata.get("namespace", ""))
        return self._put(resource, self._ownership.updated(obj, existing, resource, _SERVER, "status"))

    def erase(self, resource: Resource, obj: JsonObject) -> JsonObject:
        """Forget an object, whatever holds it: the server's own bookkeeping."""
        return self._remove(resource, obj)

    def _settled(self, resource: Resource, obj: JsonObject, *, gone: bool = False) -> JsonObject:
        """The object as it was just written; what the server does next because of it is done."""
        if resource.collection == DEFINITIONS.collection:
            self._definitions.sync(obj, gone=gone)
        return obj

    def _decoded(self, resource: Resource, obj: JsonObject, existing: JsonObject | None = None) -> JsonObject:
        """The object as its kind's type; parts that it shares with ``existing`` have been read before."""
        hub = self.strategies.hub(resource)
        known = {} if existing is None or resource.is_custom else existing
        shared = {name: part for name, part in obj.items() if name in known and part is known[name]}
        unread = {name: part for name, part in obj.items() if name not in shared}
        try:
            read = codec.read_object(hub, unread).obj
        except DecodeError as fault:
            raise codec.cannot_be_handled(hub, str(fault)) from None
        return read | shared

    def _placed(self, resource: Resource, obj: JsonObject, namespace: str) -> JsonObject:
        """The object under its stored version, in the namespace of the request."""
        metadata = dict(obj.get("metadata") or {})
        if resource.namespaced:
            metadata["namespace"] = namespace or metadata.get("namespace", "")
        else:
            metadata.pop("namespace", None)
        api_version = self.strategies.hub(resource).api_version
        return obj | {"metadata": metadata, "kind": resource.kind, "apiVersion": api_version}

    def _put(self, resource: Resource, obj: JsonObject) -> JsonObject:
        return self.storage.put(resource.collection, _key(resource, obj), obj)

    def _remove(self, resource: Resource, obj: JsonObject) -> JsonObject:
        return self.storage.remove(resource.collection, _key(resource, obj))

    def _refuse_existing(self, resource: Resource, metadata: JsonObject) -> None:
        existing = self.find(resource, metadata["name"], metadata.get("namespace", ""))
        if existing is not None:
            dying = "deletionTimestamp" in existing["metadata"]
            name = metadata["name"]
            raise errors.already_exists(resource.group, resource.plural, name, is_being_deleted=dying)

    def check_conditional(self, resource: Resource, obj: JsonObject) -> None:
        """Refuse a replacement without resourceVersion where the kind demands one.

        Raises:
            ApiError: 422.
        """
        if resource.unconditional_update or obj["metadata"].get("resourceVersion") not in (None, "", "0"):
            return
        fault = invalid("metadata.resourceVersion", 0, "must be specified for an update")
        raise errors.invalid(resource.group, resource.plural, obj["metadata"]["name"], [fault])

    def check_uid(self, resource: Resource, new: JsonObject, existing: JsonObject | None) -> None:
        """Refuse to write the object of another uid, or one that is not there (None) under a uid.

        Raises:
            ApiError: 409.
        """
        metadata = new["metadata"]
        uid, current = metadata.get("uid"), "" if existing is None else existing["metadata"]["uid"]
        if uid and uid != current:
            why = (
                f"StorageError: invalid object, Code: 4, Key: {self.strategies.etcd_key(resource, new)}, "
                f"ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, "
                f"UID in object meta: {current}"
            )
            raise errors.conflict(resource.group, resource.plural, metadata["name"], why)

    def _check_identity(self, resource: Resource, new: JsonObject, existing: JsonObject) -> None:
        metadata, current = new["metadata"], existing["metadata"]
        self.check_uid(resource, new, existing)
        version = metadata.get("resourceVersion") or "0"
        if not (version.isascii() and version.isdigit()):
            raise errors.internal(f'strconv.ParseUint: parsing "{version}": invalid syntax')
        if int(version) and version != current["resourceVersion"]:
            raise errors.modified(resource.group, resource.plural, current["name"])

    def _refuse_faults(self, resource: Resource, obj: JsonObject, faults: list[FieldError]) -> None:
        if faults:
            group = self.strategies.hub(resource).group
            raise errors.invalid(group, resource.kind, obj["metadata"].get("name", ""), faults)


def _key(resource: Resource, obj: JsonObject) -> str:
    return resource.key(obj["metadata"].get("namespace", ""), obj["metadata"]["name"])


def _is_finished(obj: JsonObject) -> bool:
    """Whether a dying object has nothing left that holds it."""
    metadata = obj["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return False
    if obj["kind"] == "Namespace" and obj["apiVersion"] == "v1":
        return not obj.get("spec", {}).get("finalizers")
    return bool(metadata.get("deletionGracePeriodSeconds", 0) == 0)
