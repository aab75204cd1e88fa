"""Revisions, history and listeners of the storage."""

from autoscaler.emulator.storage import FIRST_REVISION, HISTORY_LIMIT, Change, Storage
from autoscaler.model.json_types import JsonObject


def named(name: str, **fields: str) -> JsonObject:
    return {"metadata": {"name": name}, **fields}


def test_every_write_anywhere_gets_the_next_revision() -> None:
    storage = Storage()

    first = storage.put("pods", "a", named("a"))
    second = storage.put("nodes", "n", named("n"))
    gone = storage.remove("pods", "a")

    revisions = [int(obj["metadata"]["resourceVersion"]) for obj in (first, second, gone)]
    assert revisions == [FIRST_REVISION + 1, FIRST_REVISION + 2, FIRST_REVISION + 3]


def test_objects_are_listed_in_key_order_within_a_prefix() -> None:
    storage = Storage()
    for key in ("b/2", "a/9", "b/1", "ba/1"):
        storage.put("pods", key, named(key))

    collection = storage.collection("pods")

    assert [obj["metadata"]["name"] for obj in collection.scan("b/")] == ["b/1", "b/2"]
    assert [obj["metadata"]["name"] for obj in collection.scan("")] == ["a/9", "b/1", "b/2", "ba/1"]


def test_the_past_can_be_read_at_any_revision_in_the_history() -> None:
    storage = Storage()
    storage.put("pods", "a", named("a", phase="old"))
    at = storage.revision
    storage.put("pods", "a", named("a", phase="new"))
    storage.put("pods", "b", named("b"))
    storage.remove("pods", "a")

    past = storage.collection("pods").at(at)

    assert {key: obj["phase"] for key, obj in past.items()} == {"a": "old"}


def test_history_is_bounded_and_says_where_it_begins() -> None:
    storage = Storage()
    for _ in range(HISTORY_LIMIT + 5):
        storage.put("pods", "a", named("a"))

    collection = storage.collection("pods")

    assert len(collection.history) == HISTORY_LIMIT
    assert collection.oldest == FIRST_REVISION + 5


def test_listeners_hear_changes_in_revision_order_even_if_one_of_them_writes() -> None:
    storage = Storage()
    heard: list[int] = []

    def write_once(change: Change) -> None:
        if change.key == "a":
            storage.put("pods", "b", named("b"))

    storage.collection("pods").listeners += [write_once, lambda change: heard.append(change.revision)]
    storage.put("pods", "a", named("a"))

    assert heard == [FIRST_REVISION + 1, FIRST_REVISION + 2]


def test_an_alias_is_newer_than_all_there_is_and_stands_for_its_moment() -> None:
    storage = Storage()
    storage.put("pods", "a", named("a"))
    then = storage.revision
    storage.put("pods", "b", named("b"))

    alias = storage.alias(then)

    assert storage.resolve(alias) == then
    assert alias > then + 1
    assert storage.revision > alias
    assert storage.alias(storage.revision) == storage.revision


def test_a_written_object_is_shared_not_copied() -> None:
    storage = Storage()
    spec = {"containers": ["c"]}

    stored = storage.put("pods", "a", {"metadata": {"name": "a"}, "spec": spec})

    assert stored["spec"] is spec
    assert storage.collection("pods").objects["a"] is stored
