"""A till on a bad network: whatever is lost, repeated or shuffled, stock ends exactly right."""

import itertools
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.inventory import selectors
from apps.inventory.models import Stock, Till, TillDelta
from apps.inventory.services import till as taking
from bakery.sandbox.till.client import Refused, Weather
from bakery.sandbox.till.client import Till as Counter
from tests.inventory.factories import make_variant

pytestmark = pytest.mark.django_db(transaction=True)
STORM = Weather(lose=0.3, lose_reply=0.3, repeat=0.4, shuffle=0.7)


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.TILL_KEYS = ["till-1:a-key"]
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"till": "100000/minute"}


def play(live_server, seed: int) -> tuple[Counter, dict[int, int]]:
    """Trade for a while in a storm; return the till and what must be left, by variant."""
    breads = [make_variant(stock=900), make_variant(stock=900)]
    left = {bread.pk: 900 for bread in breads}
    till = Counter(address=live_server.url, code="till-1", key="a-key", weather=STORM, seed=seed)
    for number in range(36):
        bread = breads[number % 2]
        quantity = 1 + number % 3
        if number % 6 == 5:
            till.take_back(bread.sku, quantity)
            left[bread.pk] += quantity
        else:
            till.sell(bread.sku, quantity)
            left[bread.pk] -= quantity
        if number % 9 == 8:
            till.sync(batch=4)
    till.sync(batch=4)
    return till, left


@pytest.mark.parametrize("seed", [1, 2])
def test_after_the_storm_stock_is_exactly_what_was_sold(live_server, seed):
    till, left = play(live_server, seed)
    assert dict(Stock.objects.values_list("pk", "on_hand")) == left
    assert {outcome["state"] for outcome in till.outcomes.values()} == {"applied"}
    assert TillDelta.objects.count() == till.seq == Till.objects.get().received_up_to
    assert selectors.ledger_differences() == []


@pytest.mark.control
def test_control_without_numbers_the_storm_sells_what_it_repeats(live_server, monkeypatch):
    """The guard is that a number is there once; here each arrival gets one of its own."""
    insert, answer, arrivals = taking.insert_unless_taken, taking._answer, itertools.count(1)

    def insert_anyway(row):
        row.seq += 1_000 * next(arrivals)
        return insert(row)

    def answer_to_its_own(delta):
        return answer(delta) | {"seq": delta.seq % 1_000}

    monkeypatch.setattr(taking, "insert_unless_taken", insert_anyway)
    monkeypatch.setattr(taking, "_answer", answer_to_its_own)
    till, left = play(live_server, 1)
    assert not till.unconfirmed
    assert TillDelta.objects.count() > till.seq
    assert dict(Stock.objects.values_list("pk", "on_hand")) != left


def test_a_till_that_is_not_ours_is_told(live_server):
    stranger = Counter(address=live_server.url, code="till-1", key="guessed")
    with pytest.raises(Refused) as refused:
        stranger.changes()
    assert refused.value.status == 401


def test_the_demos_till_trades_and_compares(live_server, settings):
    settings.PUBLIC_BASE_URL = live_server.url
    for _ in range(3):
        make_variant(stock=20)
    out = StringIO()
    for seed in (1, 2):
        call_command("play_till", sales=8, seed=seed, stdout=out)
    assert out.getvalue().count("every sale was counted exactly once") == 2
    assert sum(Stock.objects.values_list("on_hand", flat=True)) == 60 - 16
    settings.TILL_KEYS = []
    with pytest.raises(CommandError):
        call_command("play_till", stdout=out)
