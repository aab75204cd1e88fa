"""Rules of ConfigMaps."""

from autoscaler.emulator.kinds.config_map import CONFIG_MAP


def test_keys_are_file_names() -> None:
    faults = CONFIG_MAP.validate({"data": {"a b": "x", "a-b_c.d": "x"}})

    assert [fault.field for fault in faults] == ["data[a b]"]
    assert "a valid config key must consist of alphanumeric characters" in faults[0].detail


def test_an_immutable_map_stays_as_it_is() -> None:
    old = {"data": {"a": "1"}, "immutable": True}

    changed = CONFIG_MAP.faults_of_update({"data": {"a": "2"}, "immutable": True}, old)
    freed = CONFIG_MAP.faults_of_update({"data": {"a": "1"}}, old)

    assert [str(fault) for fault in changed] == ["data: Forbidden: field is immutable when `immutable` is set"]
    assert [fault.field for fault in freed] == ["immutable"]
    assert CONFIG_MAP.faults_of_update(old, old) == []
