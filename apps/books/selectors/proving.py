"""Whether the books are what their sources say: everything is derived again and compared."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Prefetch

from apps.books.models import Entry, Journal
from apps.books.rules.posting import Posting
from apps.books.selectors import sources
from bakery.kernel import clock

_CHUNK = 200
_Legs = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A journal that is ``missing``, ``differs`` or has ``no source``; ``detail`` says how."""

    kind: str
    source: str
    detail: str


def find_flaws() -> Iterator[Flaw]:
    """Derive every journal again and yield where the books say something else.

    Reads all rows of all sources and all journals, a few hundred at a time; changes nothing.
    """
    for kind in sources.SOURCES:
        batch: list[Posting] = []
        for posting in sources.all_postings(kind):
            batch.append(posting)
            if len(batch) >= _CHUNK:
                yield from _compare(batch)
                batch = []
        yield from _compare(batch)
    yield from _without_source()


def _compare(postings: list[Posting]) -> Iterator[Flaw]:
    entries = Prefetch("entries", Entry.objects.select_related("account"))
    names = [posting.source for posting in postings]
    booked = {
        journal.source: journal
        for journal in Journal.objects.filter(source__in=names).prefetch_related(entries)
    }
    for posting in postings:
        journal = booked.get(posting.source)
        if journal is None:
            yield Flaw("missing", posting.source, posting.text)
        elif (found := _booked(journal)) != (wanted := _wanted(posting)):
            yield Flaw("differs", posting.source, f"{found} instead of {wanted}")


def _wanted(posting: Posting) -> tuple[object, ...]:
    legs = sorted((spec.code, f"{amount:.2f}", posting.currency) for spec, amount in posting.legs)
    return clock.shop_date(posting.at).isoformat(), posting.order_id, tuple(legs)


def _booked(journal: Journal) -> tuple[object, ...]:
    legs: _Legs = tuple(
        sorted(
            (entry.account.code, f"{entry.amount:.2f}", entry.currency)
            for entry in journal.entries.all()
        )
    )
    return journal.booked_on.isoformat(), journal.order_id, legs


def _without_source() -> Iterator[Flaw]:
    last = 0
    while rows := list(
        Journal.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "source")[:_CHUNK]
    ):
        last = rows[-1][0]
        known = sources.known_sources([name for _, name in rows])
        for _, name in rows:
            if name not in known:
                yield Flaw("no source", name, "nothing calls for it")
