"""Events: what happened to an object, as ``kubectl get events`` and ``kubectl describe`` show it."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import Final

from autoscaler.config.go_time import format_time
from autoscaler.emulator.builtin import EVENTS
from autoscaler.emulator.controllers.writing import Writer
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject

TIME_TO_LIVE: Final = timedelta(hours=1)  #: as kube-apiserver's --event-ttl
MOST_KEPT: Final = 2000  #: older ones are removed, or a long demo would fill the store

_Key = tuple[str, str, str, str]


class Recorder:
    """Writes events of one component; a repeat counts up the event that is there."""

    def __init__(self, store: ObjectStore, component: str) -> None:
        self._store = store
        self._component = component
        self._writer = Writer(store, component)
        self._known: OrderedDict[_Key, tuple[str, str]] = OrderedDict()
        self._written = 0

    def record(self, obj: JsonObject, reason: str, message: str, *, type_: str = "Normal") -> None:
        """Say what happened to ``obj``. An event that cannot be stored is dropped, as a real recorder does."""
        now = format_time(self._store.clock())
        key = (obj["metadata"]["uid"], type_, reason, message)
        try:
            if (place := self._known.get(key)) is not None and self._repeat(place, now):
                return
            event = self._writer.create(EVENTS, self._event(obj, reason, message, type_, now))
        except ApiError:
            return  # its namespace is going away
        self._known[key] = (event["metadata"]["namespace"], event["metadata"]["name"])
        self._forget()

    def _repeat(self, place: tuple[str, str], now: str) -> bool:
        namespace, name = place
        event = self._store.find(EVENTS, name, namespace)
        if event is None:
            return False
        self._writer.change(
            EVENTS, event, lambda live: live | {"count": live.get("count", 1) + 1, "lastTimestamp": now}
        )
        return True

    def _event(self, obj: JsonObject, reason: str, message: str, type_: str, now: str) -> JsonObject:
        metadata = obj["metadata"]
        self._written += 1
        namespace = metadata.get("namespace") or "default"
        suffix = f"{round(self._store.clock().timestamp() * 1e6):x}{self._written % 4096:03x}"
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"namespace": namespace, "name": f"{metadata['name']}.{suffix}"},
            "involvedObject": {
                "apiVersion": obj["apiVersion"],
                "kind": obj["kind"],
                "name": metadata["name"],
                "namespace": metadata.get("namespace", ""),
                "uid": metadata["uid"],
                "resourceVersion": metadata["resourceVersion"],
            },
            "reason": reason,
            "message": message,
            "type": type_,
            "count": 1,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "source": {"component": self._component},
            "reportingComponent": self._component,
            "reportingInstance": "",
        }

    def _forget(self) -> None:
        while len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)


def expire_events(store: ObjectStore) -> None:
    """Remove events older than their time to live, and the oldest beyond the number kept."""
    events = sorted(store.items(EVENTS), key=lambda event: event.get("lastTimestamp") or "")
    oldest = format_time(store.clock() - TIME_TO_LIVE)
    surplus = len(events) - MOST_KEPT
    for index, event in enumerate(events):
        if index >= surplus and (event.get("lastTimestamp") or oldest) >= oldest:
            break
        store.delete(EVENTS, event["metadata"]["name"], event["metadata"]["namespace"])
