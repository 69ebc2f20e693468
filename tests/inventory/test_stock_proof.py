"""What the nightly comparison finds is somebody's to look at."""

import pytest

from apps.inventory import selectors, services, tasks
from apps.inventory.models import Lot, Stock
from apps.notifications.models import Alert
from tests.inventory.factories import AT, make_variant

pytestmark = pytest.mark.django_db


def test_a_difference_is_an_alert_once_a_day(drain_outbox):
    variant = make_variant(stock=5)
    services.assign_lots(at=AT)
    assert services.report_differences(at=AT) == 0
    Stock.objects.filter(pk=variant.pk).update(on_hand=6)
    for _ in range(2):
        assert services.report_differences(at=AT) == 2
        drain_outbox()
    assert Alert.objects.get().key == "ledger:2026-06-01"


def test_pieces_that_are_in_no_lot_are_found():
    variant = make_variant(stock=5)
    services.assign_lots(at=AT)
    Lot.objects.update(left=3)
    assert selectors.lot_differences() == [(variant.pk, 5, 3)]
    assert tasks.prove_ledger() == 1


def test_the_tasks_of_stock_run():
    make_variant(stock=5)
    assert tasks.assign_lots() == 1
    assert (tasks.assign_lots(), tasks.watch_stock(), tasks.settle_tills()) == (0, 0, 0)
    assert tasks.prove_ledger() == 0
