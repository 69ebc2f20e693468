"""Paid cakes in a storm: each alert is acknowledged or told to the last level, and none is lost.

`make bench ARGS=storm` is the same with a thousand orders and with the patience of a shop.
"""

from datetime import timedelta

import pytest

from apps.notifications.models import Alert
from benchmarks import storm
from tests.faults import hurried

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
ORDERS = 30


def test_of_paid_cakes_in_a_storm_none_is_missed(shop, sandbox, broker, workers, wait_until):
    storm.let_twilio_fail(sandbox.twilio, patience=hurried.LEASE_S / 4)
    workers.start()
    goods = shop()
    numbers = storm.pay_cakes(ORDERS // 3, **goods)
    with storm.Background(lambda: storm.send_sweeps(broker.url()), every=1):
        wait_until(Alert.objects.exists, within=60)
        workers.kill_child()
        numbers += storm.pay_cakes(ORDERS // 3, **goods)
        broker.kill()
        numbers += storm.pay_cakes(ORDERS // 3, **goods)
        broker.start()
        workers.kill_whole()
        workers.start()
        people = storm.People(sandbox, numbers)
        with storm.Background(people.answer, every=1):
            figures = storm.settle(sandbox, people, aged=timedelta(minutes=11), within=60)
    assert figures.is_settled, figures
    assert (figures.orders, figures.lost, figures.dead) == (ORDERS, 0, 0)
    assert figures.acknowledged == len(people.awake)
    assert figures.flagged == figures.duplicates, figures
    assert figures.most <= 2, figures
    assert workers.kills == {"child": 1, "worker": 1}
    assert sum(sandbox.twilio.counts()["faults"].values()) > 3
