from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.reader_options import JsonOptions
from tests.native.json_scanning import read, read_duckdb, write

# Files that are read as DuckDB reads them: names, types and values.
ALIKE = [
    '{"a":1}\n{"b":"x"}\n',
    '{"a":1}\n\n  \n{"a":2}',
    '{"a":1}\nnull\n{"a":2}\n',
    '1\n2\n"x"\n',
    "1\n2\n",
    '{"a":1}\n5\n',
    "[1,2]\n[3]\n",
    '[{"a":1},{"a":2}]',
    '[{"a":1},{"a":2}]\n[{"a":3}]\n',
    '[\n  {"a": 1},\n  {"a": null, "b": [true]}\n]\n',
    "[1, 2, 3]",
    "{}\n{}\n",
    '{"a":1,"A":2}',
    '{"a":9223372036854775807}\n{"a":9223372036854775808}',
    '{"a":1.5}\n{"a":1}\n{"a":-0.0}\n{"a":1e300}',
    '{"a":0.1234567890123456789}',
    '{"a":"2024-01-01","t":"10:00:00","s":"2024-01-01 10:00:00","z":"2024-01-01T10:00:00+02:00"}',
    '{"a":"2024-01-01"}\n{"a":"x"}',
    '{"a":"01/02/2024","n":"12","u":"550e8400-e29b-41d4-a716-446655440000"}',
    '{"a":true}\n{"a":1}',
    '{"a":1}\n{"a":{"b":1}}',
    '{"a":[1,2]}\n{"a":[1.5,null]}\n{"a":null}\n{}',
    '{"a":[1,"x"],"b":[],"c":{}}',
    '{"a":[{"x":1},{"y":[2,3]},null]}\n{"a":[]}',
    '{"a":{"x":1}}\n{"a":{"y":{"z":"2024-01-01"}}}\n{"a":null}',
    '{"a":"\\u00e9\\ud83d\\ude00\\n\\"\\\\\\/\\b"}\n{"a":"a longer text with \\u0041 in it"}',
    '{"a":"\\u0000x"}',
    "\ufeff" + '{"a":1}\n',
    '{"a":1}\r\n{"a":2}\r\n',
    '{\n "a":1\n}\n{\n "a":2\n}\n',
    '{"":1}',
    '{"a b":1,"c\\td":2}',
    "".join(f'{{"a":{{"k{i}":{i}}}}}\n' for i in range(150)),
    "".join(f'{{"k{i}":{i}}}\n' for i in range(150)),
    '{"a": {"b" : [ 1 , 2 ] } , "c" : "d" }\n',
    '{"a": { "b c" : [ 1 , "x \\\\\\" y" ] } }\n{"a": 1}\n',
]


@pytest.mark.parametrize("text", ALIKE)
def test_files_are_read_as_duckdb_reads_them(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    found = read(path)
    assert (found.columns, found.rows) == read_duckdb(path)
    assert found.rejects == []


# Files that DuckDB takes with a loss, or not at all.
EXACT = [
    ('{"a":18446744073709551616}', "HUGEINT", 18446744073709551616),
    ('{"a":12345678901234567890123}', "HUGEINT", 12345678901234567890123),
    ('{"a":-9223372036854775809}', "HUGEINT", -9223372036854775809),
    ('{"a":1e400}', "JSON", "1e400"),
    ('{"a":1.50}\n{"a":"x"}', "JSON", "1.50"),
    ('{"a":12345678901234567}\n{"a":1.5}', "JSON", "12345678901234567"),
    ('{"a":"2024-01-01"}\n{"a":"2024-01-01 10:00:00"}', "VARCHAR", "2024-01-01"),
    ('{"a":{"x":1,"X":2}}', "JSON", '{"x":1,"X":2}'),
]


@pytest.mark.parametrize(("text", "kind", "first"), EXACT)
def test_what_duckdb_loses_is_kept(text: str, kind: str, first: object, tmp_path: Path) -> None:
    found = read(write(tmp_path, text))
    assert (found.columns, found.rows[0], found.rejects) == ([("a", kind)], (first,), [])


REJECTED = [
    ('{"a":}', "no value starts like this, at }"),
    ('{"a":1,}', "a name in quotes must follow, at }"),
    ('{"a":NaN}', "no value starts like this, at NaN}"),
    ("{'a':1}", "a name in quotes, or } must follow, at 'a':1}"),
    ('{"a":01}', "a number does not start with zeros, at 01}"),
    ('{"a":1', "the line ends within a value, at its end"),
    ('{"a":1} {"a":2}', 'more text after the value in its line, at {"a":2}'),
    ('{"a":1},', "more text after the value in its line, at ,"),
    ('{"a":1,"a":2}', 'a name comes twice in one object, at "a":2}'),
    ('{"a":1,"b":"\\ud800"}', 'half of a pair of surrogates is no character, at \\ud800"}'),
    ('{"a":1,"b":"\t"}', 'a control character within a text must be escaped, at \t"}'),
    (b'{"a":1,"b":"\xff"}', 'the record is not UTF-8, at \ufffd"}'),
    ("[1]", None),
]


@pytest.mark.parametrize(("line", "reason"), REJECTED)
def test_a_line_that_is_no_record_is_rejected_with_its_place(
    line: str | bytes, reason: str | None, tmp_path: Path
) -> None:
    data = line if isinstance(line, bytes) else line.encode()
    good = b'{"a":7}\n'
    path = write(tmp_path, good * 3 + data + b"\r\n" + good)
    options = JsonOptions(records=True) if reason else JsonOptions(columns=(("a", "BIGINT"),))
    found = read(path, options=options)
    assert found.rows == [(7,)] * 4 if len(found.columns) == 1 else len(found.rows) == 4
    [reject] = found.rejects
    assert (reject["byte"], reject["line"], reject["column"]) == (24, 3, None)
    assert reject["raw"] == data.decode(errors="replace")
    assert reject["reason"] == (reason or "the record is not an object, at [1]")


def test_values_that_do_not_fit_given_types_are_rejected(tmp_path: Path) -> None:
    rows = ['{"a":1,"b":{"x":1}}', '{"a":"x"}', '{"a":300}', '{"a":"7"}', '{"b":{"x":"no"}}', '{"b":[]}']
    columns = (("a", "TINYINT"), ("b", "STRUCT(x TINYINT)"))
    found = read(write(tmp_path, "\n".join(rows)), options=JsonOptions(columns=columns))
    assert found.rows == [(1, {"x": 1}), (7, None)]
    assert [(reject["column"], reject["reason"], reject["text"]) for reject in found.rejects] == [
        ("a", '"x" is not a TINYINT', "x"),
        ("a", "300 is not a TINYINT", "300"),
        ("b", '"no" is not a TINYINT', None),
        ("b", '[] is not a STRUCT("x" TINYINT)', None),
    ]


def test_what_no_file_says_is_refused(tmp_path: Path) -> None:
    for data, message in [
        (b"", "there is no JSON value"),
        (b"name,price\nx,1\n", "this is not JSON: no value starts like this"),
        (b'[{"a":1},{"a":2}', "this is not JSON: the list is never closed"),
        (b'[{"a":1}}]', "this is not JSON: a comma or ] must follow the element"),
        ('{"a":1}'.encode("utf-16"), "this is UTF-16"),
    ]:
        with pytest.raises(SourceError, match=message.replace("]", r"\]")):
            read(write(tmp_path, data))


LATE: list[tuple[str, str, str, object]] = [
    ("1", '"x"', "JSON", '"x"'),
    ("1", "2.5", "DOUBLE", 2.5),
    ("1", "12345678901234567890", "HUGEINT", 12345678901234567890),
    ("1.5", "12345678901234567", "JSON", "12345678901234567"),
    ('"2024-01-01"', '"soon"', "VARCHAR", "soon"),
    ('"x"', "5", "VARCHAR", "5"),
    ("null", "5", "JSON", "5"),
    ('{"x":1}', '{"x":2.5,"y":1}', "STRUCT(x DOUBLE, y BIGINT)", {"x": 2.5, "y": 1}),
    ("[1]", "[null,2.5]", "DOUBLE[]", [None, 2.5]),
    ("[1]", "7", "JSON", "7"),
]


@pytest.mark.parametrize(("usual", "late", "kind", "value"), LATE)
def test_sniffed_types_widen(usual: str, late: str, kind: str, value: object, tmp_path: Path) -> None:
    line = f'{{"pad":"{"x" * 400}","a":{usual}}}\n'
    before, after = 6000, 14_000
    path = write(tmp_path, line * before + f'{{"a":{late}}}\n' + line * after)
    found = read(path, block_size=1 << 20)
    assert found.columns[1] == ("a", kind)
    assert found.rows[before][1] == value
    assert len(found.rows) == before + after + 1


def random_value(rng: random.Random, depth: int) -> object:
    kinds: list[Callable[[], object]] = [
        lambda: rng.randrange(-(10**9), 10**9),
        lambda: rng.choice([10**18, 2**63, -(2**63), 10**30]),
        lambda: rng.uniform(-1e6, 1e6),
        lambda: rng.choice([True, False, None, None]),
        lambda: "".join(rng.choices('aü€😀"\\/\n\t{}[],: \x01', k=rng.randrange(30))),
        lambda: rng.choice(["2024-02-29", "10:30:00", "2024-01-01 10:00:00", "7", "x"]),
    ]
    if depth < 4:
        kinds += [
            lambda: [random_value(rng, depth + 1) for _ in range(rng.randrange(4))],
            lambda: {rng.choice("abcdefg"): random_value(rng, depth + 1) for _ in range(rng.randrange(5))},
        ]
    return rng.choice(kinds)()


def random_lines(rng: random.Random) -> list[str]:
    """Lines of one of a few shapes: ragged, nested, all sorts of white space and escapes."""
    makers: dict[str, Callable[[], object]] = {
        name: rng.choice(
            [
                lambda: rng.randrange(1000),
                lambda: round(rng.uniform(0, 9), 2),
                lambda: rng.choice(
                    ["red", "grün", "", "2024-01-01", 'a "b" \\ c', "a long text, longer than twelve"]
                ),
                lambda: [rng.randrange(9) for _ in range(rng.randrange(4))],
                lambda: {"x": rng.randrange(9), "y": [{"z": rng.choice("pq")}] * rng.randrange(3)},
                lambda: random_value(rng, 2),
            ]
        )
        for name in "abcdef"
    }
    lines = []
    for _ in range(rng.randrange(1, 80)):
        names = [name for name in makers if rng.random() < 0.8]
        if rng.random() < 0.1:
            rng.shuffle(names)
        record = {name: None if rng.random() < 0.1 else makers[name]() for name in names}
        lines.append(
            json.dumps(
                record, ensure_ascii=rng.random() < 0.5, separators=rng.choice([(",", ":"), (" , ", ": ")])
            )
        )
        lines += [""] * (rng.random() < 0.05)
    return lines


def as_json(value: object) -> object:
    """What a value that was read says, as Python's own reader would give it: JSON columns hold texts."""
    return json.loads(json.dumps(value, default=str))


@pytest.mark.parametrize("seed", range(20))
def test_any_cut_gives_the_rows_that_duckdb_gives(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    text = rng.choice(["\n", "\r\n"]).join(random_lines(rng)) + rng.choice(["", "\n"])
    path = write(tmp_path, text)
    try:
        whole = read(path)
    except SourceError:
        assert not text.strip()
        return
    assert whole.rejects == []
    for size in (1, 64):
        part = read(path, block_size=size)
        assert (part.columns, part.rows, part.rejects) == (whole.columns, whole.rows, [])
        ends = [block.end for block in part.blocks]
        assert [block.start for block in part.blocks] == [whole.blocks[0].start, *ends[:-1]]
    records = [json.loads(line) for line in text.splitlines() if line.strip()] if "\x85" not in text else None
    assert records is None or len(records) == len(whole.rows)
    names, rows = read_duckdb(path)
    if names == whole.columns and "JSON" not in str(names):
        assert rows == whole.rows
