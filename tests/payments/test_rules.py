"""Laws of the pure parts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from apps.payments.rules.lifetime import (
    LAST_CALL,
    STRIPE_MAX,
    STRIPE_MIN,
    may_still_be_made,
    plan_lifetime,
)
from apps.payments.rules.line_items import MAX_ITEMS, build_items
from apps.payments.rules.subjects import Subject, find_subject
from apps.payments.states import ATTEMPT_MACHINE, EVENT_MACHINE, AttemptState, EventState

AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
cents = st.integers(0, 10**6).map(lambda n: Decimal(n) / 100)
names = st.one_of(st.text(max_size=10), st.sampled_from(["", " ", "x" * 300]))
lines = st.lists(st.tuples(names, st.integers(1, 99), cents), max_size=6)
# A busy machine makes Hypothesis impatient; slowness is not what these test.
calmly = hypothesis.settings(
    deadline=None, max_examples=50, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)


@calmly
@given(lines, st.integers(-1000, 10**5))
def test_items_sum_to_the_total_to_the_cent(lines, above):
    total = max(Decimal("0.01"), sum((line[2] for line in lines), Decimal(above) / 100))
    items = build_items(lines, total=total, currency="CAD", number="B-1")
    assert sum(item.amount_minor for item in items) == total * 100
    assert 1 <= len(items) <= MAX_ITEMS + 1
    assert all(item.amount_minor >= 0 and 1 <= len(item.name) <= 200 for item in items)


@calmly
@given(st.integers(-3600, 3 * 86_400), st.integers(0, 999_999))
def test_a_session_fits_stripes_limits_and_ends_before_its_hold(seconds_left, microseconds):
    at = AT.replace(microsecond=microseconds)
    hold = at + timedelta(seconds=seconds_left)
    life = plan_lifetime(at=at, hold_expires_at=hold)
    assert at + STRIPE_MIN <= life.expires_at <= at + STRIPE_MAX
    assert life.expires_at + LAST_CALL <= life.hold_until
    assert life.hold_until >= hold
    assert life.extends == (life.hold_until > hold)
    assert may_still_be_made(life.expires_at, at=at)


def test_more_lines_than_stripe_takes_become_one():
    many = [("Bun", 1, Decimal("1.25"))] * 120
    items = build_items(many, total=Decimal("169.50"), currency="CAD", number="B-1")
    assert [(item.name, item.amount_minor) for item in items] == [("Order B-1", 16950)]


def _event(kind, thing):
    return {"type": kind, "data": {"object": thing}}


def test_which_session_an_event_is_about():
    meta = {"attempt": "session:x:1"}
    assert find_subject(_event("checkout.session.expired", {"id": "cs_1"})) == Subject("cs_1")
    intent = {"id": "pi_1", "metadata": meta}
    assert find_subject(_event("payment_intent.succeeded", intent)) == Subject(
        attempt_key="session:x:1", intent_id="pi_1"
    )
    charge = {"id": "ch_1", "payment_intent": "pi_1", "metadata": meta}
    assert find_subject(_event("charge.refunded", charge)) == Subject(
        attempt_key="session:x:1", intent_id="pi_1"
    )
    for kind, thing in (
        ("payment_intent.succeeded", {"id": "pi_1", "metadata": {}}),
        ("payment_intent.succeeded", {"id": "pi_1"}),
        ("payment_intent.succeeded", {"id": "pi_1", "metadata": []}),
        ("customer.created", {"id": "cus_1", "metadata": meta}),
    ):
        assert find_subject(_event(kind, thing)) is None


def test_a_finished_attempt_or_event_never_goes_back():
    assert ATTEMPT_MACHINE.is_final(AttemptState.COMPLETE)
    assert EVENT_MACHINE.is_final(EventState.APPLIED)
    assert EVENT_MACHINE.is_final(EventState.IGNORED)
    # Money may always still turn up.
    assert ATTEMPT_MACHINE.sources(AttemptState.COMPLETE) == set(AttemptState) - {
        AttemptState.COMPLETE
    }
    assert not any(
        AttemptState.OPEN in ATTEMPT_MACHINE.moves[s] for s in AttemptState if s != "planned"
    )
