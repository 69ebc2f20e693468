"""Lists of the console in keyset pages: page 2,000 costs what page 1 does, and none is skipped.

A page begins where another one ended, ``?after=`` or ``?before=`` a row, so rows that come or go
meanwhile shift nothing. Nothing is counted beyond `COUNTED`.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest

AFTER, BEFORE = "after", "before"
COUNTED = 1000
_SEPARATOR = "~"


class KeysetChangeList(ChangeList):
    """A list ordered by one column, which must not be null, and the key.

    Return it from ``get_changelist()``; the template shows ``cl.older``, ``cl.newer`` (query
    strings or "") and ``cl.counted``. Columns that may be sorted by are the admin's
    ``sortable_by``: give them an index with the key.
    """

    older = newer = counted = ""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """Leave out our own parameters, which are no columns."""
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in {AFTER, BEFORE}}

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        """Return one column and the key, both in the same direction."""
        wanted = [
            part
            for part in super().get_ordering(request, queryset)
            if isinstance(part, str) and part.lstrip("-") not in {"pk", "id"}
        ][:1]
        if not wanted:
            asked = self.params.get(ORDER_VAR)
            return ["pk" if asked and not str(asked).startswith("-") else "-pk"]
        sign = "-" if wanted[0].startswith("-") else ""
        return [*wanted, f"{sign}pk"]

    def get_results(self, request: HttpRequest) -> None:
        """Read one page and whether there is more on either side: two statements."""
        ordering = [str(part) for part in self.queryset.query.order_by]
        size = self.list_per_page
        marks = {name: self.params[name] for name in (AFTER, BEFORE) if self.params.get(name)}
        backwards = BEFORE in marks and AFTER not in marks
        rows = self.queryset
        if backwards:
            ordering = [_turned(part) for part in ordering]
            rows = rows.order_by(*ordering)
        if marks:
            mark = marks[BEFORE] if backwards else marks[AFTER]
            rows = rows.filter(self._beyond(ordering, mark))
        page = list(rows[: size + 1])
        more = len(page) > size
        page = page[:size]
        if backwards:
            page.reverse()
        self._link(page, has_older=more or backwards, has_newer=more if backwards else bool(marks))
        self._fill_in(page)

    def _fill_in(self, page: Sequence[Any]) -> None:
        """Set what Django's templates read, so that they count and page nothing themselves."""
        count = self.queryset.order_by()[: COUNTED + 1].count()
        self.counted = f"{COUNTED:,}+" if count > COUNTED else str(count)
        self.result_count = self.full_result_count = count
        self.result_list = page
        self.show_full_result_count = False
        self.show_admin_actions = bool(page)
        self.can_show_all = self.multi_page = False
        self.paginator = self.model_admin.get_paginator(None, self.queryset, self.list_per_page)  # type: ignore[arg-type]  # never asked for a page

    def _link(self, page: Sequence[Any], *, has_older: bool, has_newer: bool) -> None:
        if page and has_older:
            self.older = self._query({AFTER: self._mark(page[-1])})
        if page and has_newer:
            self.newer = self._query({BEFORE: self._mark(page[0])})
        if not page and (AFTER in self.params or BEFORE in self.params):
            self.newer = self._query({})

    def _query(self, mark: dict[str, str]) -> str:
        kept = {
            name: value for name, value in self.filter_params.items() if name not in {AFTER, BEFORE}
        }
        return "?" + urlencode(sorted({**kept, **mark}.items()), doseq=True)

    def _mark(self, row: Any) -> str:
        """Return the place of ``row`` in the list as text."""
        column = str(self.queryset.query.order_by[0]).lstrip("-")
        value = getattr(row, column)
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
        return f"{text}{_SEPARATOR}{row.pk}"

    def _beyond(self, ordering: list[str], mark: str) -> Q:
        """Return the condition for rows behind ``mark``; raise for text that is no mark."""
        column = ordering[0].lstrip("-")
        text, _, key = mark.rpartition(_SEPARATOR)
        field = self.opts.pk if column == "pk" else self.opts.get_field(column)
        try:
            pk = int(key) if len(key) < 20 else -1
            value = field.to_python(text)  # type: ignore[union-attr]  # a column of the table
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error
        if value is None or not 0 <= pk < 2**63:
            raise IncorrectLookupParameters
        word = "lt" if ordering[0].startswith("-") else "gt"
        if column == "pk":
            return Q(**{f"pk__{word}": pk})
        # The first condition alone is one that an index can begin at.
        return Q(**{f"{column}__{word}e": value}) & (
            Q(**{f"{column}__{word}": value}) | Q(**{f"pk__{word}": pk})
        )


def _turned(part: str) -> str:
    return part[1:] if part.startswith("-") else f"-{part}"
