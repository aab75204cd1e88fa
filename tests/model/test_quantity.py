"""Quantities: literal answers of upstream's resource.Quantity, and properties over random texts."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autoscaler.model.quantity import Format, Quantity, QuantityError

TEXTS = st.from_regex(
    r"[+-]?[0-9]{0,21}(\.[0-9]{0,12})?(|n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e-?[0-9]{1,2})", fullmatch=True
)


@pytest.mark.parametrize(
    ("text", "printed", "canonical", "milli", "value"),
    [
        pytest.param("500m", "500m", "500m", 500, 1, id="value-rounds-up"),
        pytest.param("-1.5", "-1500m", "-1500m", -1500, -2, id="away-from-zero"),
        pytest.param("0.1m", "100u", "100u", 1, 1, id="below-a-milli-still-counts"),
        pytest.param("1.5Gi", "1536Mi", "1536Mi", 1610612736000, 1610612736, id="binary-fraction"),
        pytest.param("1126.4", "1126400m", "1126400m", 1126400, 1127, id="decimal-fraction"),
        pytest.param("10e2", "1e3", "1e3", 1000000, 1000, id="exponent-made-a-multiple-of-three"),
        pytest.param("1e-1", "100e-3", "100e-3", 100, 1, id="negative-exponent"),
        pytest.param("+5", "+5", "5", 5000, 5, id="plus-sign-comes-back-verbatim"),
        pytest.param("007", "007", "7", 7000, 7, id="leading-zeros-come-back-verbatim"),
        pytest.param("1.500", "1.500", "1500m", 1500, 2, id="text-with-exponent-minus-three-comes-back"),
        pytest.param("1024Ki", "1Mi", "1Mi", 1048576000, 1048576, id="multiple-of-eight-is-rewritten"),
        pytest.param("1025Ki", "1025Ki", "1025Ki", 1049600000, 1049600, id="odd-binary-text-is-kept"),
        pytest.param("1E", "1E", "1E", 0, 10**18, id="exa-overflows-milli-to-zero"),
        pytest.param("8Ei", "9223372036854775807", "9223372036854775807", -1000, 2**63 - 1, id="binary-cap-wraps-milli"),
        pytest.param("-8Ei", "-9223372036854775807", "-9223372036854775807", 1000, 1 - 2**63, id="negative-binary-cap"),
        pytest.param("1.0000000001", "1000000001n", "1000000001n", 1001, 2, id="big-form-rounds-up"),
        pytest.param("-1.0000000001", "-1000000001n", "-1000000001n", -999, 0, id="big-form-adds-one-to-negatives"),
        pytest.param("-0.0000000001", "-1n", "-1n", 1, 1, id="tiny-negative-turns-positive"),
        pytest.param("-1.1Ki", "-1126400m", "-1126400m", -1126400, -1125, id="negative-binary-fraction"),
        pytest.param("1000000000000000000000", "1", "1", 2003764205206896640, 3875820019684212736, id="no-suffix-above-exa"),
    ],
)  # fmt: skip
def test_upstream_answers(text: str, printed: str, canonical: str, milli: int, value: int) -> None:
    quantity = Quantity.parse(text)

    assert (str(quantity), quantity.canonical()) == (printed, canonical)
    assert (quantity.milli(), quantity.value()) == (milli, value)


@pytest.mark.parametrize("text", [".", "+", "-", "m", "Ki", "0", "-0", "0.000", "Ti", "e3"])
def test_lax_texts_are_zero(text: str) -> None:
    assert Quantity.parse(text).is_zero
    assert Quantity.parse(text).canonical() == "0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "quantities must match the regular expression"),
        (" 1", "quantities must match the regular expression"),
        ("1.2.3", "quantities must match the regular expression"),
        ("1_000", "quantities must match the regular expression"),
        ("٣", "quantities must match the regular expression"),
        ("1\n", "quantities must match the regular expression"),
        ("1K", "unable to parse quantity's suffix"),
        ("1ki", "unable to parse quantity's suffix"),
        ("1e", "unable to parse quantity's suffix"),
        ("1e99999999999999999999", "unable to parse quantity's suffix"),
        ("e-10", "unable to parse numeric part of quantity"),
        ("9" * 4001, "unable to parse numeric part of quantity"),
    ],
)
def test_bad_texts_are_refused_in_upstream_words(text: str, message: str) -> None:
    with pytest.raises(QuantityError, match=message):
        Quantity.parse(text)


def test_unequal_is_the_opposite_of_equal() -> None:
    assert not Quantity.parse("1") != Quantity.parse("1000m")
    assert Quantity.parse("1") != Quantity.parse("2")
    assert Quantity.parse("1") != "1"


def test_equality_is_by_value() -> None:
    assert Quantity.parse("1") == Quantity.parse("1000m") == Quantity.parse("1e0") == Quantity.from_milli(1000)
    assert len({Quantity.parse(text) for text in ("1Ki", "1024", "1.024k", "1024000m")}) == 1
    assert Quantity.parse("1") != Quantity.parse("1001m")
    assert Quantity.parse("1") != 1


def test_order_is_by_value_at_any_exponent() -> None:
    texts = ["-1e1000000", "-1e2", "-1", "-999m", "0", "1n", "999m", "1", "1025m", "1Ki", "1e1000000"]

    assert sorted((Quantity.parse(text) for text in reversed(texts)), key=lambda q: q) == [
        Quantity.parse(text) for text in texts
    ]


def test_doubles_are_one_multiplication() -> None:
    assert Quantity.parse("0.3").as_float() == 0.30000000000000004
    assert Quantity.parse("300m").as_float() == 0.3
    assert Quantity.parse("1e400").as_float() == math.inf
    assert math.isnan(Quantity.parse("0e400").as_float())


@pytest.mark.parametrize(
    ("value", "text"),
    [(" 5m ", "5m"), (5, "5"), (0.5, "500m"), (1000.0, "1k"), (1e-7, "100e-9"), (1e21, "1e+21"), (None, "0")],
)
def test_json_takes_strings_numbers_and_null(value: object, text: str) -> None:
    assert str(Quantity.from_json(value)) == text


@pytest.mark.parametrize("value", [True, math.nan, math.inf, {}, []])
def test_json_refuses_what_is_no_number(value: object) -> None:
    with pytest.raises(QuantityError):
        Quantity.from_json(value)


def test_milli_construction_prints_canonically() -> None:
    assert str(Quantity.from_milli(1024000, Format.BINARY_SI)) == "1Ki"
    assert str(Quantity.from_milli(1000000, Format.BINARY_SI)) == "1k"
    assert str(Quantity.from_milli(-(2**63))) == "-9223372036854775808m"
    assert Quantity.from_milli(2**63).milli() == -(2**63)


@given(TEXTS)
@example("1e-1000000")
@example("123456789012345678901e-1000000")
@example("9223372036854775807.9")
def test_any_quantity_has_int64_answers_and_reads_back_its_own_print(text: str) -> None:
    try:
        quantity = Quantity.parse(text)
    except QuantityError:
        return

    assert -(2**63) <= quantity.milli() < 2**63
    assert -(2**63) <= quantity.value() < 2**63
    printed = Quantity.parse(quantity.canonical())
    assert printed.canonical() == quantity.canonical()
    if quantity.format is not Format.DECIMAL_SI or abs(quantity.as_float()) < 1e20:
        assert printed == quantity
