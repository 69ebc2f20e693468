"""Files of rows: CSV as spreadsheets write it, and JSON. Limits come before anything is parsed."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from import_export.formats import base_formats
from tablib import Dataset

from bakery.kernel.cells import guard, unguard
from bakery.kernel.errors import Invalid

MAX_BYTES = 2_000_000
MAX_ROWS = 5_000
MAX_CELL = 6_000
FORMATS: Mapping[str, type[base_formats.Format]] = {
    "csv": base_formats.CSV,
    "json": base_formats.JSON,
}
CONTENT_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
_BOM = "\ufeff"
Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns as the file names them, and its rows with the number a spreadsheet shows for each."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[int, Cells]]


def read_table(data: bytes, *, file_format: str) -> Table:
    """Return the table in ``data``.

    Raises `Invalid`: ``unknown_format``, ``file_too_large``, ``file_empty``, ``bad_encoding``,
    ``too_many_rows``, ``bad_table`` (with ``line``), each with words for the person who made it.
    """
    if file_format not in FORMATS:
        raise Invalid("unknown_format", f"One of: {', '.join(FORMATS)}.")
    if len(data) > MAX_BYTES:
        raise Invalid("file_too_large", f"A file has at most {MAX_BYTES // 1_000_000} MB.")
    text = _decoded(data)
    if not text.strip():
        raise Invalid("file_empty", "There is nothing in this file.")
    return _read_csv(text) if file_format == "csv" else _read_json(text)


def write_table(dataset: Dataset, *, file_format: str) -> bytes:
    """Return ``dataset`` as a file; in CSV no cell is a formula, see `kernel.cells`."""
    if file_format not in FORMATS:
        raise Invalid("unknown_format", f"One of: {', '.join(FORMATS)}.")
    if file_format != "csv":
        return str(FORMATS[file_format]().export_data(dataset)).encode()
    safe = Dataset(headers=dataset.headers)
    for row in dataset:
        safe.append([guard(str(cell)) for cell in row])
    # Spreadsheets take a file for UTF-8 only when it says so.
    return (_BOM + str(FORMATS["csv"]().export_data(safe))).encode()


def _decoded(data: bytes) -> str:
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Invalid(
            "bad_encoding", "This is a workbook. Save the sheet as CSV UTF-8 and send that."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Invalid(
            "bad_encoding",
            f"Line {line} is not UTF-8: the file was saved in an older encoding (Latin-1 or "
            "Windows-1252). Save it as CSV UTF-8 and send it again; nothing was read.",
            details={"line": line},
        ) from error
    if "\x00" in text:
        raise Invalid("bad_encoding", "The file contains NUL, which is not text.")
    return text


def _read_csv(text: str) -> Table:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        columns = _columns(next(reader))
        return Table(columns, list(_csv_rows(reader, columns)))
    except csv.Error as error:
        raise _bad(f"After line {reader.line_num} the file is not CSV: {error}.") from error


def _delimiter(text: str) -> str:
    """Spreadsheets of French Canada write semicolons."""
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _columns(cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(cell.strip().lower() for cell in cells)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _bad(f"These columns stand twice: {', '.join(twice)}.", line=1)
    return names


def _csv_rows(reader: Iterator[list[str]], columns: tuple[str, ...]) -> Iterator[tuple[int, Cells]]:
    for line, cells in enumerate(reader, start=2):
        if not any(cells):
            continue
        if len(cells) > len(columns):
            raise _bad(
                f"Line {line} has {len(cells)} cells and the header {len(columns)}: "
                "is a comma missing its quotes?",
                line=line,
            )
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        yield _counted(line), _checked(line, dict(zip(columns, map(unguard, padded), strict=True)))


def _counted(line: int) -> int:
    if line > MAX_ROWS + 1:
        raise Invalid("too_many_rows", f"A file has at most {MAX_ROWS} rows: send it in parts.")
    return line


def _checked(line: int, cells: Cells) -> Cells:
    for column, cell in cells.items():
        if len(cell) > MAX_CELL:
            raise _bad(f"Line {line}: {column} is longer than {MAX_CELL} characters.", line=line)
    return cells


def _read_json(text: str) -> Table:
    try:
        rows = json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _bad(f"This is not JSON: {error}.") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _bad("A list of objects is wanted, one for each row.")
    if not rows:
        raise Invalid("file_empty", "There is nothing in this file.")
    columns = _columns(list(dict.fromkeys(name for row in rows for name in row)))
    found = []
    for line, row in enumerate(rows, start=2):
        cells = {name.strip().lower(): _cell(line, name, value) for name, value in row.items()}
        found.append(
            (_counted(line), _checked(line, {name: cells.get(name, "") for name in columns}))
        )
    return Table(columns, found)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _cell(line: int, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad(f"Row {line - 1}: {name} is neither text nor a number.", line=line)
    if any(0xD800 <= ord(char) <= 0xDFFF or char == "\x00" for char in value):
        raise _bad(f"Row {line - 1}: {name} cannot be stored.", line=line)
    return value


def _bad(message: str, *, line: int | None = None) -> Invalid:
    return Invalid("bad_table", message, details={"line": line} if line else None)
