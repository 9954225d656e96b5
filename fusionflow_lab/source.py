"""Sources: files with their format and schema, and how they are cut; records that workers read, too."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeAlias

from fusionflow_lab.access import Access as Access  # noqa: PLC0414 - a word of the plan, too

SourceFormat = Literal["csv", "json", "parquet", "text", "whole", "arrow"]
TextRows = Literal["lines", "words", "matches"]
WholeRows = Literal["documents", "texts"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How the bytes of a CSV file are cut into fields.

    ``quote`` is ``""`` where the file has none. ``escape`` takes the meaning of the character after it
    inside quotes; a doubled quote is a quote all the same. ``comment`` starts a remark that goes on to the
    end of its line. ``null_string`` and ``more_nulls`` are the unquoted texts that mean NULL.
    ``carriage_returns``: a CR alone ends a record, too. ``null_padding``: fields that a record lacks at its
    end are NULL. Not ``strict``: records that break the rules are taken where it can be told what they mean.
    ``column_count``: fields of a record, so that one with a stray quote ends where it should; 0 for unknown.
    ``encoding``: ``utf-8``, ``utf-16-le``, ``utf-16-be``, ``latin-1`` or ``windows-1252``.
    """

    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    null_string: str = ""
    escape: str = ""
    comment: str = ""
    more_nulls: tuple[str, ...] = ()
    carriage_returns: bool = False
    null_padding: bool = False
    strict: bool = True
    column_count: int = 0
    encoding: str = "utf-8"


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """How text without fields is cut into rows: its lines, its words, or lines and what a pattern finds.

    ``pattern`` has named groups, each a column from place 2 on (0 is the line or word, 1 its byte in the
    file). Lines that do not match are rejects, or rows of NULLs where ``unmatched`` is true. ``lower`` gives
    words in lower case. ``encoding`` is as in ``Dialect``.
    """

    rows: TextRows = "lines"
    encoding: str = "utf-8"
    pattern: str = ""
    unmatched: bool = False
    lower: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ParquetReader:
    """How the row groups of Parquet files are read.

    ``binary_as_string``: bytes of which the file does not say what they mean are text. ``row_number`` names a
    column for the number of each row in its file, from 0; empty for none.
    """

    binary_as_string: bool = False
    row_number: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """How files are read that make sense as a whole only: each its own chunk.

    ``documents`` have a row for each page or part, ``texts`` one for each file. A document that takes more
    than ``seconds`` is a reject.
    """

    rows: WholeRows = "documents"
    seconds: float = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonDialect:
    """How records lie in JSON files.

    ``form`` is ``lines`` (one value a line), ``array`` (the elements of one list; values one after another in
    a file that is no list) or ``values`` (values one after another). ``records``: each is an object whose
    fields are the columns; else the only column is the record itself. ``keys`` are (name, key) of columns
    whose names are not the keys of the objects: keys that differ in case alone have a number in their names.
    ``complete``: the columns that are read are to be all there are, so that a field of none is a new column.
    ``whole``: (name, type) of columns in the source, fields that are not read included. An object in them
    that has a field more widens the type, unless fields of that object are left out: then it is passed over.
    """

    form: str = "lines"
    records: bool = True
    complete: bool = False
    whole: tuple[tuple[str, str], ...] = ()
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def encoding(self) -> str:
        """How characters are written: JSON is UTF-8."""
        return "utf-8"


Reader: TypeAlias = Dialect | JsonDialect | Text | ParquetReader | Whole
"""How the files of a source are read: one record for each format."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a source: its name, its place in the record (from 0) and its DuckDB type.

    ``fixed`` marks a type that the user gave: a value that does not fit is a reject there, while a
    sniffed type widens. ``format`` is how dates are written (as ``strptime`` takes it), empty for
    ISO 8601; sniffed timestamps have the format of their date and ``" *"`` for any time of day.
    """

    name: str
    type: str
    ordinal: int
    fixed: bool = False
    format: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How one file of a source that is united by name is written.

    ``ordinals`` are the file's places (from 0) of the source's columns, in their order: -1, or left out at
    the end, for a column that the file does not have, which is NULL there. ``dated`` are the file's own types
    of columns of dates, such as ``DATE '%d.%m.%Y'``, and empty for others. Columns that only other files
    have do not change a layout where they come last.
    """

    dialect: Dialect
    ordinals: tuple[int, ...]
    dated: tuple[str, ...]

    def column(self, column: Column) -> Column | None:
        """Return a column of the source as this file has it; None where it does not.

        Examples
        --------
        >>> layout = Layout(dialect=Dialect(), ordinals=(1, -1), dated=("DATE '%d.%m.%Y'", ""))
        >>> day = Column(name="day", type="TIMESTAMP", ordinal=0)
        >>> layout.column(day)
        Column(name='day', type='DATE', ordinal=1, fixed=False, format='%d.%m.%Y')
        """
        place = self.ordinals[column.ordinal] if column.ordinal < len(self.ordinals) else -1
        if place < 0:
            return None
        dated = self.dated[column.ordinal]
        if column.fixed or not dated or column.type not in ("DATE", "TIMESTAMP"):
            return replace(column, ordinal=place)
        kind, _, style = dated.removesuffix("'").partition(" '")
        return replace(column, ordinal=place, type=kind, format=style)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFile:
    """One file as it was when it was planned for: ``data_start`` is the byte after BOM and header.

    ``header_lines`` are the lines before it, ``skipped_lines`` those above the header that are not blank.
    ``layout`` is None where the file is written as its source says. ``etag`` is the version of a remote
    object, empty for a local file. ``compression`` is ``gzip``, ``zstd`` or ``bz2``, empty for a file that is
    not packed: ``size`` is then that of the packed bytes, ``data_start`` a byte of the text. ``max_ratio``:
    bytes of text that a packed byte may stand for; 0 for any number. ``members``: a packed file is cut
    between its members. ``cuts`` are the bytes where its parts end that are read whole, such as row groups.
    Files of one ``shape`` have the same columns of the same types. ``kind`` is the suffix of a document.
    """

    path: str
    size: int
    mtime_ns: int
    data_start: int
    header_lines: int = 0
    extra: tuple[str | None, ...] = ()
    skipped_lines: int = 0
    layout: Layout | None = None
    etag: str = ""
    compression: str = ""
    cuts: tuple[int, ...] = ()
    shape: int = 0
    max_ratio: int = 1000
    members: bool = False
    kind: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Files of one format and schema, known to the SQL of the plan as table ``name``.

    ``format`` is ``"csv"`` for fields, ``"json"``, ``"text"`` for lines and words that the native core scans,
    ``"parquet"`` for Parquet files, ``"whole"`` for documents and texts as values, ``"arrow"`` for Arrow IPC
    files, whose ``dialect`` says nothing. ``max_errors`` is how many records may be rejected: a number, a
    percentage such as ``5%``, or empty for the default. ``by_name``: each file has its own layout, and
    ``dialect`` is that of the first. ``access`` is how files elsewhere are reached. ``refused`` are columns
    that cannot be read, and why.
    """

    name: str
    pattern: str
    dialect: Reader
    columns: tuple[Column, ...]
    files: tuple[SourceFile, ...]
    format: SourceFormat = "csv"
    max_errors: str = ""
    by_name: bool = False
    access: Access = field(default_factory=Access)
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def splits(self) -> bool:
        """Whether records can be found from any byte on, so that files are cut into blocks."""
        return not isinstance(self.dialect, JsonDialect) or self.dialect.form == "lines"

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


PLACE_BITS = 27
"""Bits of a place's byte of text: places of packed files are ``member << PLACE_BITS | byte of its text``."""


def file_byte(file: SourceFile, place: int) -> int:
    """Return the byte of a file that a place stands for: of a packed one, that of its member.

    Examples
    --------
    >>> plain = SourceFile(path="a.csv", size=99, mtime_ns=0, data_start=0)
    >>> file_byte(plain, 7), file_byte(replace(plain, compression="gzip"), (7 << 27) + 5)
    (7, 7)
    """
    return place >> PLACE_BITS if file.compression else place


class Block(NamedTuple):
    """Bytes ``[offset, end)`` of a file; it owns the records that start in them.

    ``start`` is the first record's byte where that is proven, else None: the scan then speculates. Of a
    packed file the block owns the records that start in the text of the members that start in its bytes, and
    ``start`` is a place. A tuple, because a large source has some hundred thousand of them.
    """

    offset: int
    end: int
    start: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """The blocks of one file that make one state; ``ordinal`` is its place in the plan's order."""

    ordinal: int
    file: SourceFile
    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        """Bytes of its blocks."""
        return sum(block.end - block.offset for block in self.blocks)
