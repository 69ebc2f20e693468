"""Keeping what a daily search for something untold found, also when that is nothing."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.notifications.models import AlertCheck
from bakery.kernel import clock

BOARD_CHECK = "paid cakes on the board"
_KEPT = 200


def was_checked(*, name: str, at: datetime) -> bool:
    """Tell whether the search called ``name`` was made on the shop's day of ``at``."""
    return AlertCheck.objects.filter(name=name, day=clock.shop_date(at)).exists()


def record_check(*, name: str, examined: int, missing: Sequence[str], at: datetime) -> AlertCheck:
    """Keep what a search found; a second one of the same day takes the place of the first."""
    with transaction.atomic():
        row, _ = AlertCheck.objects.update_or_create(
            name=name,
            day=clock.shop_date(at),
            defaults={"at": at, "examined": examined, "missing": list(missing[:_KEPT])},
        )
    return row
