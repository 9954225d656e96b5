"""Values that lose something when a reader guesses: late changes of type, long numbers, odd dates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.hostile.case import Case, Form, Row, table

MANY = 100_000


def late(*values: str | None, before: str | None = None) -> Callable[[], Sequence[Row]]:
    """Rows of one kind, then a few others: id, value."""

    def rows() -> list[Row]:
        first: list[Row] = [(str(place), str(place) if before is None else before) for place in range(MANY)]
        return [*first, *((str(MANY + place), value) for place, value in enumerate(values))]

    return rows


def nulls_then(*values: str) -> Callable[[], Sequence[Row]]:
    """Nothing but NULLs, then values."""
    return lambda: [
        *((str(place), None) for place in range(MANY)),
        *((str(MANY + place), value) for place, value in enumerate(values)),
    ]


def changed_within() -> list[Row]:
    """A text in the middle of many numbers."""
    return [(str(place), "seven" if place == MANY * 6 // 10 else str(place)) for place in range(MANY)]


def column(name: str, *values: str | None) -> Case:
    """A small file with one odd column."""
    return table(name, "id,value", [(str(place), value) for place, value in enumerate(values)])


LATE = [
    table("late fraction", "id,value", late("2.5", "3")),
    table("late text", "id,value", late("x", "3")),
    table("late long number", "id,value", late("12345678901234567890", "-5")),
    table("late leading zeros", "id,value", late("00123", "7")),
    table("late exponent", "id,value", late("1e5")),
    table("late group mark", "id,value", late("1,000")),
    table("late hexadecimal", "id,value", late("0x1F")),
    table("late plus sign", "id,value", late("+5")),
    table("late NULL word", "id,value", late("NULL", "N/A", None)),
    table("late overflow of a double", "id,value", late("1e999", before="1.5")),
    table("late text among fractions", "id,value", late("n/a", before="1.5")),
    table("late text among truth words", "id,value", late("maybe", before="true")),
    table("late number among truth words", "id,value", late("1", before="true")),
    table("late word among dates", "id,value", late("unknown", before="2024-01-31")),
    table("late impossible date", "id,value", late("2023-02-29", before="2024-01-31")),
    table("late time of day among dates", "id,value", late("2024-01-31 10:00:00", before="2024-01-31")),
    table("late zone among timestamps", "id,value", late("2024-01-31 10:00Z", before="2024-01-31 10:00")),
    table("late word among times", "id,value", late("noon", before="10:00:00")),
    table("number after many NULLs", "id,value", nulls_then("5", "6")),
    table("text after many NULLs", "id,value", nulls_then("x", "y")),
    table("text within many numbers", "id,value", changed_within),
    table("late other order of a date", "id,value", late("12/31/2024", before="31/12/2024")),
    table("late decision for an order", "id,value", late("31/12/2024", before="01/02/2024")),
]  # fmt: skip

NUMBERS = [
    column("post codes", "01234", "00501", "99999"),
    column("leading zeros in one of many", *["12345"] * 500, "01234"),
    column("ids of 16 digits", "1234567890123456", "9007199254740993"),
    column("ids of 17 digits beside nothing", "12345678901234567", None, "12345678901234569"),
    column("ids of 18 digits", "123456789012345678", "123456789012345679"),
    column("ids of 19 digits", "9223372036854775807", "-9223372036854775808"),
    column("ids just over 64 bits", "9223372036854775808", "1"),
    column("unsigned 64 bits", "18446744073709551615", "18446744073709551614"),
    column("ids of 20 digits", "12345678901234567890", "12345678901234567891"),
    column("38 digits", "9" * 38, "-" + "9" * 38),
    column("39 digits", "170141183460469231731687303715884105727", "1"),
    column("40 digits", "1" * 40, "2" * 40),
    column("ids of 19 digits beside a fraction", "9223372036854775807", "1.5"),
    column("17 significant digits", "0.30000000000000004", "0.1"),
    column("smallest and largest doubles", "5e-324", "1.7976931348623157e308"),
    column("overflow of a double", "1e400", "1"),
    column("negative zero", "-0.0", "0.0", "-0"),
    column("not a number", "nan", "inf", "-inf", "1.5"),
    column("bare points", ".5", "5.", "-.5"),
    column("underscores", "1_000", "2_000"),
    column("hexadecimal", "0x1F", "0xFF"),
    column("plus signs", "+4930123", "+4930124"),
    column("spaces around", " 5", "6 ", " 7 "),
    column("currency", "$5.00", "$1,000.00"),
    column("percent", "5%", "7.5%"),
    column("minus behind", "5-", "6"),
    column("parentheses for minus", "(5)", "6"),
    column("no-break space groups", "1\u00a0000", "2"),
    column("full-width digits", "\uff11\uff12", "\uff13"),
    column("Arabic digits", "\u0661\u0662", "\u0663"),
    column("superscripts", "\u00b2", "5"),
    column("product codes with E", "12E4", "3E10", "1E999"),
    column("version numbers", "1.2.3", "1.10.0"),
    column("addresses", "10.0.0.1", "10.0.0.2"),
    table("decimal commas", "id,price", [("1", "1,5"), ("2", "2,25"), ("3", "-0,5")], Form(delimiter=";")),
    table("European groups", "id,price", [("1", "1.234,56"), ("2", "0,5")], Form(delimiter=";")),
    column("groups in quotes", "1,234", "5,678,901"),
]  # fmt: skip

WORDS = [
    column("country codes", "NO", "NA", "DE"),
    column("NULL words", "NULL", "null", "N/A", "None", "nan"),
    column("truth words in all cases", "TRUE", "false", "True"),
    column("yes and no beside text", "yes", "no", "maybe"),
    column("y and n", "y", "n"),
    column("ones and zeros", "1", "0", "1"),
    column("one letter t", "t", "t", "f"),
    column("empty text and nothing", "", None, "x"),
    column("spaces only", "  ", " ", "x"),
    column("emoji and combining marks", "\U0001f600", "e\u0301", "\u00e9", "\u200b"),
    column("right to left", "\u05e9\u05dc\u05d5\u05dd", "abc"),
    column("formula", "=1+1", "@SUM(A1)", "-cmd"),
    column("markup", "<script>alert(1)</script>", "&amp;", "'; DROP TABLE x; --"),
    column("control characters", "a\tb", "a\x0bb", "a\x7fb"),
    column("line separators of Unicode", "a\u2028b", "a\u0085b", "a\x0cb"),
    column("UUIDs", "5d9e8c1a-1111-2222-3333-444455556666", "5d9e8c1a-1111-2222-3333-444455556667"),
    column("JSON", '{"a": 1, "b": [1, 2]}', "[]"),
]

DATES = [
    column("impossible days", "2024-02-30", "2024-01-01"),
    column("no leap year", "2023-02-29", "2024-02-29"),
    column("century without leap day", "1900-02-29", "2000-02-29"),
    column("month 13", "2024-13-01", "2024-12-01"),
    column("ambiguous order", "01/02/2024", "03/04/2024"),
    column("day first", "31/12/2024", "01/02/2024"),
    column("month first", "12/31/2024", "01/02/2024"),
    column("both orders", "31/12/2024", "12/31/2024"),
    column("points", "31.12.2024", "01.02.2024"),
    column("years of two digits", "31/12/24", "01/02/24"),
    column("year, month, day without marks", "20240131", "20240201"),
    column("midnight at the end", "24:00:00", "10:00:00"),
    column("leap second", "2016-12-31 23:59:60", "2017-01-01 00:00:00"),
    column("nanoseconds", "2024-01-01 00:00:00.123456789", "2024-01-01 00:00:00"),
    column("zones that differ", "2024-01-01 00:00:00+02", "2024-01-01 00:00:00-05:30"),
    column("some with zone", "2024-01-01 00:00:00Z", "2024-01-01 00:00:00"),
    column("T and Z", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"),
    column("year 10000", "10000-01-01", "2024-01-01"),
    column("year 0", "0000-01-01", "2024-01-01"),
    column("months by name", "5 Jan 2024", "6 Feb 2024"),
    column("days and moments", "2024-01-01", "2024-01-01 10:00:00"),
    column("hours over 24", "25:00:00", "10:00:00"),
    column("fractions as dates", "1/2", "3/4"),
    column("infinite dates", "infinity", "2024-01-01"),
]

CASES = [*LATE, *NUMBERS, *WORDS, *DATES]
