"""The native core: files in, Arrow out. Private.

Only planning, execution, results and the codec of states import it.
Errors: ``FileNotFoundError``, ``PermissionError``, ``OSError`` for what the system refuses;
``SourceChangedError``, ``SourceError`` for what the bytes are; ``ValueError`` for arguments;
``ScanCancelledError`` for a raised token; ``NativePanicError`` for a bug of ours.
All calls that touch files release the GIL.
"""

from collections.abc import Sequence
from os import PathLike
from typing import final

from fusionflow_lab.native_map import NativeMap
from fusionflow_lab.planning.reader_options import CsvOptions, JsonOptions
from fusionflow_lab.sink import Sink
from fusionflow_lab.source import Chunk, Column, Dialect, ParquetReader, Reader, SourceFile
from fusionflow_lab.storage import RemoteFiles

__all__ = [
    "BlockReport",
    "CancelToken",
    "ChunkReport",
    "FileLook",
    "FileSniff",
    "JsonFile",
    "JsonSniff",
    "Part",
    "Scan",
    "TextSniff",
    "__version__",
    "_panic",
    "digest_parts",
    "digest_ranges",
    "join_parts",
    "json_fields",
    "list_files",
    "locate_starts",
    "look_at_files",
    "map_rows",
    "merge_states",
    "narrowed_json_type",
    "parquet_statistics",
    "reads_json_type",
    "reads_type",
    "sniff_files",
    "sniff_json",
    "sniff_text",
    "stat_files",
    "widest_json_type",
    "widest_type",
    "write_parts",
]

__version__: str

@final
class CancelToken:
    """A flag that running scans poll once per block, and a count of what they read.

    Examples
    --------
    >>> token = CancelToken()
    >>> token.cancel()
    >>> token.cancelled
    True
    """

    def __new__(cls) -> CancelToken: ...
    def cancel(self) -> None:
        """Ask every scan that holds this token to stop."""
    @property
    def cancelled(self) -> bool:
        """Whether ``cancel`` was called."""
    @property
    def bytes_read(self) -> int:
        """Bytes of files that scans with this token have read so far; of packed files, packed ones."""

@final
class BlockReport:
    """What one block turned out to be: bytes ``[start, end)`` hold exactly its records."""

    @property
    def start(self) -> int:
        """Byte where its first record starts: believed, or as given."""
    @property
    def end(self) -> int:
        """Byte after its last record: the start of the next block, if both are right."""
    @property
    def rows(self) -> int:
        """Records in it, rejected ones included."""
    @property
    def rejected(self) -> int:
        """Records in it that were rejected."""
    @property
    def lines(self) -> int:
        """Line feeds in ``[start, end)``."""
    @property
    def text(self) -> int:
        """Bytes that the members of a packed block unpack to; 0 for others."""

@final
class ChunkReport:
    """What one chunk turned out to be."""

    @property
    def ordinal(self) -> int:
        """The chunk's ordinal, as given."""
    @property
    def identity(self) -> str:
        """Hex digest (128 bit XXH3) of the bytes of its blocks, in order."""
    @property
    def blocks(self) -> list[BlockReport]:
        """One report a block, in the order given."""

@final
class Scan:
    """One pass over some chunks of a source, as an Arrow stream that can be consumed once.

    The stream has one column for each of ``columns`` (that order, those names): ``VARCHAR`` as string
    view, or as dictionary of strings where the first records show few different texts; HUGEINT and
    DECIMAL as decimal128, TIMESTAMP as microseconds without zone, those with zone in UTC; NULL
    where the unquoted text equals the dialect's ``null_string``. With no columns it has one NULL column
    ``_``, so that rows can be counted. A rejected record is in no batch. JSON columns also are structs, lists
    and maps; UUID and JSON travel as text.

    Parameters
    ----------
    chunks
        What to read; chunks in order, blocks in order.
    columns
        The columns to parse.
    column_count
        Fields that a record of CSV must have.
    dialect
        How the files are read: the record of their format. From Parquet files a column has the type that
        the file says, and one that is not in the file is not handed over; columns of negative ordinals are
        texts of the file's ``extra``.
    token
        Cancels the pass.
    excluded
        Rows to reject beside those that do not fit: the number among the rows that the pass hands over
        without this, the column, the reason.
    remote
        Opens the files where they lie elsewhere.
    passed_over
        Parquet: rows not to look at, as (place of the chunk, place of the block in it, first row of the row
        group, number of rows), in order. They count as read.
    digest_only
        Parquet: hand over no row, only digest the bytes.

    Examples
    --------
    >>> scan = Scan(chunks, columns, 9, dialect, CancelToken())
    >>> table = pyarrow.RecordBatchReader.from_stream(scan).read_all()
    >>> [chunk.identity for chunk in scan.report()]
    """

    def __new__(
        cls,
        chunks: Sequence[Chunk],
        columns: Sequence[Column],
        column_count: int,
        dialect: Reader,
        token: CancelToken,
        excluded: Sequence[tuple[int, str, str]] = ...,
        remote: RemoteFiles | None = None,
        passed_over: Sequence[tuple[int, int, int, int]] = ...,
        digest_only: bool = False,
    ) -> Scan: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the stream. Raises ``ValueError`` when it was exported before."""
    def __arrow_c_schema__(self) -> object:
        """Export the stream's schema."""
    def report(self) -> list[ChunkReport]:
        """Tell what was read, chunk by chunk. Call it when the stream has ended.

        What the consumer left unread (a ``LIMIT``) is read first, so that all rows are counted. Raises what
        ended the stream early.
        """
    def rejects(self) -> object:
        """Return the rejected records as an Arrow stream capsule holder (``__arrow_c_stream__``).

        Columns: ``chunk`` int32 (ordinal), ``block`` int32 (place in the chunk), ``byte`` uint64 (record
        start in the file), ``line`` int64 (line feeds before it in the block), ``column`` string (name or
        NULL for the whole record), ``reason`` string, ``raw`` string (the record's text), ``text`` string
        (the value that does not fit its column's type).
        """
    def widened(self) -> list[tuple[int, str]]:
        """Return (ordinal, wider type) of sniffed columns whose type does not hold their values.

        Not empty: the stream ended early with an error and its rows must not be used.
        """
    def failure(self) -> Exception | None:
        """Return what ended the stream early (as the exception this module would raise), if anything did.

        Consumers of an Arrow stream wrap or flatten errors; this keeps the class.
        """

def locate_starts(
    file: SourceFile,
    dialect: Dialect,
    start: int,
    offsets: Sequence[int],
    believed: Sequence[int],
    token: CancelToken,
    remote: RemoteFiles | None = None,
) -> list[int]:
    """Find where records really start, reading on from a proven start.

    For each of ``offsets`` (ascending) the first record start at or after it. Stops as soon as a found
    start equals the believed one (from there on the chain holds), so the answer may be shorter than
    ``offsets``; the last one found is then the equal one. Raises ``SourceChangedError`` where the file is not
    as it was planned for.
    """

def digest_parts(parts: Sequence[bytes | memoryview]) -> bytes:
    """Digest bytes that are stored in parts, one after the other: 16 bytes that vouch for them.

    It finds what was damaged, at the speed of memory; whoever can write the bytes can make it, too. Parts
    are copied one by one: some 100 KiB each are fastest.

    Examples
    --------
    >>> digest_parts([b"one", b"two"]) == digest_parts([b"onetwo"])
    True
    """

def digest_ranges(
    file: SourceFile,
    ranges: Sequence[tuple[int, int]],
    token: CancelToken,
    remote: RemoteFiles | None = None,
) -> str:
    """Digest byte ranges of a file as a scan of blocks with these records would; empty where none could.

    A range that ends neither after a line's end nor with the file is no block's: something was appended to a
    last record without a line's end. Raises ``SourceChangedError`` where the file is not as it was planned
    for.
    """

def list_files(pattern: str) -> list[str]:
    """List the files that match a glob (``*``, ``?``, ``[a-z]``, ``**``, ``{a,b}``), sorted by path.

    A pattern without magic is that one file. Raises ``FileNotFoundError`` when nothing matches.
    """

def stat_files(paths: Sequence[str]) -> list[tuple[int, int] | None]:
    """Return size and modification time (ns since 1970) of files as they are now; None for what is no file.

    Files are asked in parallel.
    """

@final
class FileLook:
    """What a file is like that says itself what it holds."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def mtime_ns(self) -> int: ...
    @property
    def etag(self) -> str:
        """Version of a remote object; empty for a local file."""
    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and DuckDB's type of each column."""
    @property
    def refused(self) -> list[str]:
        """Why a column cannot be read, for each; empty where it can."""
    @property
    def cuts(self) -> list[int]:
        """Bytes where the row groups end; that of the first starts at byte 0."""

def look_at_files(
    paths: Sequence[str], reader: ParquetReader, remote: RemoteFiles | None = None
) -> list[FileLook]:
    """Read the footers of Parquet files, several at a time. Raises ``SourceError`` for what is none."""

def parquet_statistics(
    chunks: Sequence[Chunk],
    columns: Sequence[Column],
    reader: ParquetReader,
    remote: RemoteFiles | None = None,
) -> object:
    """Say what Parquet files that are alike tell of the values of runs of rows (an Arrow stream holder).

    Columns: ``chunk`` and ``block`` (places), ``first`` (row of the row group), ``rows``, then ``min_0``,
    ``max_0``, ``nulls_0`` and so on for each of ``columns``; NULL where nothing is known, or where the file
    has the column under another type.
    """

@final
class FileSniff:
    """What one file looks like."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def mtime_ns(self) -> int: ...
    @property
    def etag(self) -> str:
        """Version of a remote object; empty for a local file."""
    @property
    def compression(self) -> str:
        """How it is packed: ``gzip``, ``zstd``, ``bz2``, or empty."""
    @property
    def members(self) -> bool:
        """Whether it is packed in many members."""
    @property
    def data_start(self) -> int:
        """Byte after BOM, skipped lines and header."""
    @property
    def header_lines(self) -> int:
        """Line ends before ``data_start``."""
    @property
    def skipped_lines(self) -> int:
        """Lines above the header that are not blank: titles, remarks."""
    @property
    def delimiter(self) -> str: ...
    @property
    def quote(self) -> str: ...
    @property
    def escape(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    @property
    def carriage_returns(self) -> bool:
        """Whether a CR alone ends a record."""
    @property
    def header(self) -> bool: ...
    @property
    def columns(self) -> list[tuple[str, str]]:
        """(name, DuckDB type) of each column; types are the least that hold all sampled values.

        The format of dates that are not written as in ISO 8601 follows the type: ``DATE '%d/%m/%Y'``.
        """

    @property
    def unseen(self) -> list[int]:
        """Places of the columns in which no value was seen: any type holds them."""

def sniff_files(
    paths: Sequence[str], options: CsvOptions, remote: RemoteFiles | None = None
) -> list[FileSniff]:
    """Look at several places of every file, in parallel: dialect, header, names and types.

    Options that the user gave are taken as they are. The files must agree in delimiter, quote, header
    and column names; the first that does not is a ``SourceError`` naming both files and the difference. With
    ``options.by_name`` each file is looked at as if it were alone.
    """

@final
class TextSniff:
    """What text files have in common, and each of them."""

    @property
    def encoding(self) -> str:
        """How characters are written: by a mark at their starts, else as given, else UTF-8."""

    @property
    def files(self) -> list[tuple[str, int, int, int, str]]:
        """Path, size, modification time in ns, first byte after the BOM and version of each file."""

    @property
    def packed(self) -> list[tuple[str, bool]]:
        """How each file is packed (empty: it is not), and whether it has many members."""

    @property
    def groups(self) -> list[tuple[str, str]]:
        """Name of each group of the pattern, and the least type that holds what it finds."""

def sniff_text(
    paths: Sequence[str],
    encoding: str = "",
    pattern: str = "",
    remote: RemoteFiles | None = None,
    compression: str = "",
) -> TextSniff:
    """Look at the starts of text files, and with a pattern at several places of each, in parallel.

    A pattern that makes no sense is a ``ValueError`` that shows its place. The files must have one encoding.
    """

@final
class JsonFile:
    """One JSON file as it was when it was looked at."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def mtime_ns(self) -> int: ...
    @property
    def etag(self) -> str:
        """Version of a remote object; empty for a local file."""
    @property
    def compression(self) -> str:
        """How it is packed: ``gzip``, ``zstd``, ``bz2``, or empty."""
    @property
    def members(self) -> bool:
        """Whether it is packed in many members."""
    @property
    def data_start(self) -> int:
        """Byte after the BOM."""

@final
class JsonSniff:
    """What JSON files look like together."""

    @property
    def files(self) -> list[JsonFile]: ...
    @property
    def form(self) -> str:
        """How records lie in the files: ``lines``, ``array`` or ``values``."""
    @property
    def records(self) -> bool:
        """Whether records are objects whose fields are the columns."""
    @property
    def columns(self) -> list[tuple[str, str, str]]:
        """(name, key, DuckDB type) of each column; types are the least that hold all values looked at."""

def sniff_json(paths: Sequence[str], options: JsonOptions, remote: RemoteFiles | None = None) -> JsonSniff:
    """Look at several places of every file, in parallel: form, names and types.

    Files that differ are united by name. Raises ``SourceError`` for a file that is not JSON, and
    where no file holds a value.
    """

def widest_json_type(one: str, other: str) -> str:
    """Return the least type that holds the JSON values of both types."""

def json_fields(name: str) -> list[tuple[str, str]]:
    """Return name and type of each field of a STRUCT; none for another type."""

def narrowed_json_type(name: str, paths: Sequence[Sequence[str]]) -> str:
    """Return a type with only those fields of structs that the paths name; an empty path names all."""

def reads_json_type(name: str, date_format: str) -> bool:
    """Tell whether the scan reads JSON values of a type itself, dates in this format (empty: ISO 8601)."""

def widest_type(one: str, other: str) -> str:
    """Return the least type that holds the values of both sniffed types."""

def reads_type(name: str, date_format: str) -> bool:
    """Tell whether the scan reads a type itself, dates in this format (empty: ISO 8601).

    Columns of other types are to be read as VARCHAR and cast.
    """

def _panic(message: str) -> None:
    """Panic in native code, to show that a bug becomes an exception. For tests only."""

@final
class Part:
    """One file that was written."""

    @property
    def name(self) -> str:
        """Its name in the folder."""
    @property
    def digest(self) -> str:
        """Of its bytes."""
    @property
    def rows(self) -> int:
        """Rows in it."""
    @property
    def bytes(self) -> int:
        """Its size."""
    @property
    def partition(self) -> list[str | None]:
        """The values of the columns that name its partition, as text."""

def map_rows(stream: object, native_map: NativeMap, memory: int = 0) -> object | None:
    """Map the rows of an Arrow stream to a state, as one Arrow stream (``__arrow_c_stream__``).

    None where the rows must be left to DuckDB: a value or a type that is not mapped just as it would, or
    groups of more than ``memory`` bytes (0 for any number). Raises ``QueryError`` where the stream ends with
    an error, ``ValueError`` for a map that is not known.
    """

def write_parts(
    stream: object,
    sink: Sink,
    folder: PathLike[str] | str,
    prefix: str,
    token: CancelToken,
    *,
    keep_empty: bool = False,
) -> list[Part]:
    """Write the rows of an Arrow stream to files in a folder; each appears whole, under its own name.

    Parameters
    ----------
    stream
        Anything that exports an Arrow stream: the columns to write, then one column of text for each that
        rows are partitioned by.
    sink
        How to write them.
    folder
        Where.
    prefix
        Begins the names of the files; nobody else uses it.
    token
        Polled once per batch.
    keep_empty
        Whether there is a file even without rows.

    Raises
    ------
    QueryError
        The stream ended with an error.
    ScanCancelledError
        The token was raised.
    OSError
        A file cannot be written.
    ValueError
        The format does not hold a value.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from fusionflow_lab.sink import Sink
    >>> rows = pa.table({"n": pa.array([1, 2], pa.int64())})
    >>> parts = write_parts(rows, Sink(url=".", format="csv"), ".", "part", CancelToken())
    >>> [(part.name, part.rows) for part in parts]
    [('part-0', 2)]
    """

def merge_states(stream: object, merges: Sequence[str]) -> object | None:
    """Merge states, in order, to one whose groups come in the order of their first rows.

    Parameters
    ----------
    stream
        Anything that exports an Arrow stream: the states, one after the other.
    merges
        What to do with each column: ``key``, ``sum``, ``min``, ``max``, ``bool_and``, ``bool_or``,
        ``bit_and``, ``bit_or``, ``bit_xor``, ``any_value``, ``arg_min``, ``arg_max``, ``registers`` or
        ``moments`` (averages, variances, covariances); see ``Stage.merges``.

    Returns
    -------
    object or None
        An Arrow stream (``__arrow_c_stream__``); None where a column, or a value, is left to DuckDB.

    Raises
    ------
    ValueError
        There are not as many columns.

    Examples
    --------
    >>> states = pa.table({"k": ["a", "b", "a"], "n": [1, 2, 3]})
    >>> merged = merge_states(states, ["key", "sum"])
    >>> pa.table(merged).to_pydict()
    {'k': ['a', 'b'], 'n': [4, 2]}
    """

def join_parts(
    parts: Sequence[PathLike[str] | str],
    file_format: str,
    folder: PathLike[str] | str,
    name: str,
    token: CancelToken,
) -> tuple[str, int]:
    """Make one file of several of a format, in their order; return its digest and bytes.

    Raises
    ------
    OSError
        A file cannot be read or written.
    ValueError
        A file is none of Parquet where it should be.
    """
