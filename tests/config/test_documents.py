"""The YAML reader: values as kubectl reads them, lines of fields, one literal fault per mistake, limits."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.config.documents import MAX_BYTES, MAX_DOCUMENTS, load, load_file, scan
from autoscaler.model.errors import InvalidInputError

MANIFEST = """\
# a comment first
kind: HorizontalPodAutoscaler
spec:
  metrics:
  - type: Resource
    resource:
      name: cpu
  labels:
    app.kubernetes.io/name: web
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("on", True, id="on-is-true-as-in-yaml-1-1"),
        pytest.param("y", True, id="y-is-true"),
        pytest.param("No", False, id="no-is-false"),
        pytest.param("'yes'", "yes", id="quoted-words-stay-text"),
        pytest.param("yEs", "yEs", id="odd-case-stays-text"),
        pytest.param("~", None, id="tilde-is-null"),
        pytest.param("017", 15, id="leading-zero-is-octal"),
        pytest.param("0o17", 15, id="0o-is-octal"),
        pytest.param("08", 8, id="no-octal-digits-is-decimal"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("-0b11", -3, id="binary"),
        pytest.param("1_000", 1000, id="underscores-are-skipped"),
        pytest.param("2.0", 2, id="a-whole-double-is-an-integer"),
        pytest.param("1e3", 1000, id="so-is-an-exponent"),
        pytest.param("0.5", 0.5, id="double"),
        pytest.param(".5", 0.5, id="double-without-leading-zero"),
        pytest.param("1e999", "1e999", id="beyond-a-double-stays-text"),
        pytest.param("2026-11-24", "2026-11-24", id="dates-stay-text"),
        pytest.param("1:30", "1:30", id="no-base-60"),
        pytest.param("100m", "100m", id="quantities-are-text"),
        pytest.param("!!str 1", "1", id="an-explicit-text-tag-is-heeded"),
        pytest.param("9223372036854775807", 2**63 - 1, id="integers-of-64-bits-keep-every-digit"),
        pytest.param("9223372036854775809", 9223372036854776000, id="larger-ones-are-doubles"),
        pytest.param(".5_0", 0.5, id="underscores-between-digits-of-a-fraction"),
        pytest.param("._5", "._5", id="but-not-beside-its-point"),
    ],
)
def test_scalars_mean_what_kubectl_takes_them_for(text: str, value: object) -> None:
    (document,) = load(f"a: {text}", "f.yaml")

    assert document.value == {"a": value}
    assert isinstance(document.value, dict)
    assert type(document.value["a"]) is type(value)


def test_a_number_beyond_all_reason_stays_what_it_is() -> None:
    (long,) = load("a: " + "9" * 400, "f.yaml")
    (longer,) = load("a: " + "9" * 401, "f.yaml")

    assert long.value == {"a": 10**400 - 1}
    assert longer.value == {"a": "9" * 401}


def test_json_is_read_too_even_when_indented_with_tabs() -> None:
    (document,) = load('{\n\t"a": [1, "x", null, true],\n\t"b": {}\n}\n', "f.json")

    assert document.value == {"a": [1, "x", None, True], "b": {}}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 2),
        ("kind", 2),
        ("spec.metrics", 4),
        ("spec.metrics[0].type", 5),
        ("spec.metrics[0].resource.name", 7),
        ("spec.labels[app.kubernetes.io/name]", 9),
        pytest.param("spec.metrics[0].resource.target.type", 6, id="absent-field-gives-its-nearest-parent"),
        pytest.param("spec.metrics[7].type", 4, id="absent-item-gives-the-list"),
        pytest.param(("spec", "SomeModel", "metrics", 0, "type"), 5, id="steps-that-do-not-exist-are-skipped"),
    ],
)
def test_line_of_a_field(path: str | tuple[str | int, ...], line: int) -> None:
    (document,) = load(MANIFEST, "f.yaml")

    assert document.line_of(path) == line


def test_documents_are_numbered_by_their_place_in_the_file() -> None:
    documents = load("a: 1\n---\n# only a comment\n---\nb: 2\n--- {c: 3}\n", "f.yaml")

    assert [(document.line, document.value) for document in documents] == [(1, {"a": 1}), (5, {"b": 2}), (6, {"c": 3})]


def test_a_faulty_document_leaves_its_neighbours_usable() -> None:
    result = scan("a: 1\n---\nb: [\n---\nc: 3\n", "f.yaml")

    assert [document.value for document in result.documents] == [{"a": 1}, {"c": 3}]
    assert [fault.line for fault in result.faults] == [3]


def test_three_dashes_inside_an_indented_text_do_not_end_the_document() -> None:
    (document,) = load("a: |\n  ---\n  x\n", "f.yaml")

    assert document.value == {"a": "---\nx\n"}


MISTAKES = [
    ("a: 1\na: 2", 'f:2: a: key "a" is given twice, first on line 1\n  hint: keep one of the two'),
    ("s:\n  a: {}\n  a: {}", 'f:3: s.a: key "a" is given twice, first on line 2\n  hint: keep one of the two'),
    ("1: x", 'f:1: 1: key `1` is not text\n  hint: write it in quotes: "1"'),
    ("on: x", 'f:1: on: key `on` is not text\n  hint: write it in quotes: "on"'),
    ("? [a]\n: b", "f:1: a key must be text, not a mapping or list\n  hint: quote the key if it is meant as text"),
    (
        "a: {{ .Values.x }}",
        "f:1: a: a key must be text, not a mapping or list\n"
        "  hint: `{{ ... }}` is a template: render it first, for example with `helm template`",
    ),
    ("a: *x", "f:1: a: aliases (`*x`) are not accepted\n  hint: write the value out in full"),
    ("{*x : 1}", "f:1: aliases (`*x`) are not accepted\n  hint: write the value out in full"),
    (
        "a: &x 1",
        "f:1: a: anchors (`&x`) are not accepted\n  hint: remove it, and write the value out where it is used",
    ),
    ("<<: {a: 1}", "f:1: <<: merge keys (`<<`) are not accepted\n  hint: write the values out in full"),
    ("a: [.inf]", "f:1: a[0]: .inf is not a number that can be used\n  hint: write a finite number"),
    ("a: .nan", "f:1: a: .nan is not a number that can be used\n  hint: write a finite number"),
    ("a: !foo 1", "f:1: a: tag !foo is not accepted here\n  hint: write the plain value, without a tag"),
    ("a: !!int x", "f:1: a: tag !!int is not accepted here\n  hint: write the plain value, without a tag"),
    ("a: !x {}", "f:1: a: tag !x is not accepted here\n  hint: write the plain value, without a tag"),
    ("a:\n\tb: 1", "f:2: a tab is used for indentation\n  hint: indent with spaces only"),
    (
        "a: b: c",
        "f:1: a `:` where no key can stand\n  hint: check this line's indentation; quote a text that holds `: `",
    ),
    (
        "a: 1\nb\nc: 2",
        "f:3: a key without `:`\n  hint: write `key: value`; check the indentation of this and the line above",
    ),
    (
        "a: - b",
        "f:1: a list item (`- `) where none can stand\n  hint: start the list on its own line below the key",
    ),
    (
        "- a\nb: 1",
        "f:2: the indentation does not match the list above\n"
        "  hint: line up the items of one list; a key after a list goes back to its parent's column",
    ),
    (
        "a:\n  - b\n c: 1",
        "f:3: the indentation does not match the lines above\n"
        "  hint: line up the keys of one mapping; quote a text that holds quotes",
    ),
    ("a: [1,\n  2\nb: 3", "f:1: unclosed list `[`\n  hint: close it, or quote a text that begins with [ or {"),
    ("a: {x: 1\nb: 2", "f:1: unclosed mapping `{`\n  hint: close it, or quote a text that begins with [ or {"),
    ("a: [", "f:1: a value is missing\n  hint: close every [ and {; write a value between commas"),
    ("a: 'x\nb: 1", "f:2: the document ends inside a quoted text\n  hint: close the quote that opens here"),
    ('a: "\\q"', "f:1: an unknown escape after `\\`\n  hint: use single quotes: no escapes are read there"),
    (
        'a: "\\ud83d"',
        "f:1: an escape that stands for no character\n  hint: write the character itself instead of its \\u escape",
    ),
    (
        "a: @x",
        "f:1: a character that cannot begin a value\n"
        "  hint: a value that begins with one of @ ` % & * ! | > needs quotes",
    ),
    (
        "a: 1\n...\nb: 2",
        "f:3: text after the end of the document\n  hint: put `---` on a line of its own between two documents",
    ),
    ("%YAML 3.0\n---\na: 1", "f:1: a YAML version we do not know\n  hint: remove the %YAML line"),
    ("a: 1\nb: \x01", "f:2: holds a control character (0x01)\n  hint: remove it"),
    (b"a: 1\nb: \xff", "f:2: not UTF-8 text: byte 0xff\n  hint: save the file as UTF-8"),
    ("a: 1".encode("utf-16"), "f:1: not UTF-8 text: byte 0xff\n  hint: save the file as UTF-8"),
    ("a: \ud800", "f: holds a character that UTF-8 cannot store\n  hint: save the file as UTF-8"),
    ("a" * (MAX_BYTES + 1), "f: larger than 1024 KiB\n  hint: split it into smaller files"),
    ("[" * 65 + "]" * 65, "f:1: nested deeper than 64 levels"),
    ("[" * 1_000_000, "f:1: nested deeper than 64 levels"),
    ("- " * 500_000, "f:1: nested deeper than 64 levels"),
    ("[" + "1," * 60_000 + "1]", "f:1: more values than one file may hold"),
    (
        "--- 1\n" * (MAX_DOCUMENTS + 1),
        "f:1001: more than 1000 documents or 50000 values in one file\n  hint: split it into smaller files",
    ),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[str(text[:12]) for text, _ in MISTAKES])
def test_each_mistake_has_its_own_message(text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load(text, "f")

    assert str(caught.value) == message


def test_every_fault_of_a_document_is_named_at_once() -> None:
    result = scan("a: 1\na: 2\n2: x\nb: *c\n", "f")

    assert [(fault.line, fault.path) for fault in result.faults] == [(2, "a"), (3, "2"), (4, "b")]


def test_a_document_with_endless_faults_is_not_read_to_its_end() -> None:
    result = scan("a: 1\n" * 1_000, "f")

    assert len(result.faults) == 51
    assert result.faults[-1].what == "more than 50 faults; the rest was not read"


def test_aliases_cannot_blow_up() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{level}: &b{level} [*a, *a, *a, *a]\n" for level in range(1_000))

    assert not scan(bomb, "f").documents


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "absent.yaml",
            "absent.yaml: no such file\n  hint: check the path; relative paths start at the current directory",
        ),
        (".", ".: is a directory, not a file"),
        ("nul\0.yaml", "nul\0.yaml: cannot be read: embedded null byte"),
    ],
)
def test_files_that_cannot_be_read(name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InvalidInputError) as caught:
        load_file(Path(name))

    assert str(caught.value) == message


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")

    assert [document.value for document in load_file(path)] == [{"a": 1, "b": 2}]


def _is_plain(value: object, depth: int = 0) -> bool:
    match value:
        case dict():
            return all(isinstance(key, str) and _is_plain(part, depth + 1) for key, part in value.items())
        case list():
            return all(_is_plain(part, depth + 1) for part in value)
        case float():
            return math.isfinite(value)
        case _:
            return value is None or isinstance(value, bool | int | str)


@given(st.one_of(st.text(), st.binary(), st.text(alphabet="ab:-[]{}&*!|>'\"?#,~<%@` \n\t019.eE+_")))
def test_any_text_gives_plain_values_or_faults(text: str | bytes) -> None:
    result = scan(text, "f")

    assert all(_is_plain(document.value) for document in result.documents)
    assert all(fault.what and (fault.line is None or fault.line >= 1) for fault in result.faults)
