"""CSV for people's spreadsheets."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from bakery.kernel.cells import guard

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def cell(value: Any) -> str:
    """Return ``value`` as text that no spreadsheet runs; plain numbers stay numbers."""
    text = "" if value is None else str(value)
    return text if _NUMBER.fullmatch(text) else guard(text)


def csv_reply(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Return a download called ``name``; the mark at its start tells Excel that it is UTF-8."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    writer = csv.writer(response)
    writer.writerow([cell(title) for title in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return response


class _Line:
    """A file of which each line is taken away as it is written."""

    def write(self, text: str) -> str:
        return text


def csv_stream(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """Return the same as `csv_reply`, sent while ``rows`` are read: for tables of any length."""

    def lines() -> Iterator[str]:
        writer = csv.writer(_Line())
        yield "\ufeff"
        for row in chain([header], rows):
            yield str(writer.writerow([cell(value) for value in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
