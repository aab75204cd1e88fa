"""Which names are fine, and how the API server explains the others."""

from autoscaler.model.names import (
    dns_label_faults,
    dns_subdomain_faults,
    label_value_faults,
    path_segment_faults,
    percent_faults,
    qualified_name_faults,
)


def test_good_names() -> None:
    assert dns_label_faults("web-1") == []
    assert dns_subdomain_faults("web.example.com") == []
    assert label_value_faults("") == []
    assert qualified_name_faults("example.com/My.Name") == []
    assert percent_faults("25%") == []
    assert path_segment_faults("web") == []


def test_a_long_name_is_told_its_limit_only() -> None:
    assert dns_subdomain_faults("a" * 254) == ["must be no more than 253 characters"]
    assert dns_label_faults("a" * 64) == ["must be no more than 63 characters"]


def test_label_key_faults_name_the_part() -> None:
    rule = (
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        "character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
        "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    )
    assert qualified_name_faults("a b") == [rule]
    assert qualified_name_faults("") == ["name part must be non-empty", rule]
    assert qualified_name_faults("/x") == ["prefix part must be non-empty"]
    assert qualified_name_faults("a/b/c")[0].startswith("a qualified name must consist of")


def test_path_segments() -> None:
    assert path_segment_faults("..") == ["may not be '..'"]
    assert path_segment_faults("a/b%c") == ["may not contain '/'", "may not contain '%'"]
