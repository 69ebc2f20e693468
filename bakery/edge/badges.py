"""Counts of what waits for somebody, shown at the top of the console's index."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A link with a number: ``url`` names the page that lists what ``count`` counts."""

    label: str
    url: str
    permission: str
    count: Callable[[], int]


@dataclass(frozen=True, kw_only=True)
class ShownBadge:
    """A badge as the caller sees it."""

    label: str
    address: str
    count: int


_BADGES: dict[str, Badge] = {}


def add_badge(badge: Badge) -> None:
    """Show ``badge`` on the index, once for each page: for the admin modules of apps."""
    _BADGES[badge.url] = badge


def badges_for(request: HttpRequest) -> list[ShownBadge]:
    """Return the badges that the caller may see: one statement each."""
    return [
        ShownBadge(label=badge.label, address=reverse(badge.url), count=badge.count())
        for badge in _BADGES.values()
        if request.user.has_perm(badge.permission)
    ]
