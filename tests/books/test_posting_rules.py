"""Every posting balances to the cent, and says what it is about."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.books.rules import chart, facts, posting

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
COMMON = {"id": 7, "at": AT, "currency": "CAD", "order_id": 3, "number": "B-1"}
cents = st.integers(-(10**9), 10**9).map(lambda minor: Decimal(minor) / 100)
above = st.integers(1, 10**9).map(lambda minor: Decimal(minor) / 100)
levies = st.lists(st.tuples(st.sampled_from(["GST", "QST", "HST", "Äpfel-Steuer"]), cents))


@st.composite
def documents(draw):
    taxes = draw(levies)
    subtotal = draw(cents)
    tax_total = sum((amount for _, amount in taxes), draw(cents))
    return facts.DocumentFact(
        **COMMON,
        name="R-2026-000001",
        is_credit=draw(st.booleans()),
        subtotal=subtotal,
        delivery=draw(cents),
        tax_total=tax_total,
        taxes=tuple(taxes),
        total=subtotal + tax_total,
    )


CASES = st.one_of(
    st.tuples(
        st.just(posting.post_tender),
        st.builds(
            lambda kind, amount: facts.TenderFact(**COMMON, kind=kind, amount=amount),
            st.sampled_from(["online", "cash", "terminal"]),
            above,
        ),
    ),
    st.tuples(
        st.sampled_from([posting.post_payment, posting.post_fee]),
        st.builds(
            lambda amount, fee, taken: facts.PaymentFact(
                **COMMON, amount=amount, fee=fee, was_taken=taken
            ),
            above,
            st.none() | cents,
            st.booleans(),
        ),
    ),
    st.tuples(
        st.sampled_from([posting.post_refund, posting.post_reversal]),
        st.builds(
            lambda amount, way, taken: facts.RefundFact(
                **COMMON, amount=amount, way=way, was_taken=taken
            ),
            above,
            st.sampled_from(["stripe", "cash", "terminal", "gift_card"]),
            st.booleans(),
        ),
    ),
    st.tuples(
        st.sampled_from([posting.post_dispute_move, posting.post_dispute_loss]),
        st.builds(
            lambda amount, fee, taken, lost: facts.DisputeMoveFact(
                **COMMON, amount=amount, fee=fee, was_taken=taken, lost_at=lost
            ),
            cents,
            cents,
            st.booleans(),
            st.sampled_from([None, AT]),
        ),
    ),
    st.tuples(st.just(posting.post_document), documents()),
    st.tuples(
        st.sampled_from([posting.post_kept, posting.post_kept_part]),
        st.builds(
            lambda amount, less, taken: facts.KeptFact(
                **COMMON, amount=amount, lowered_by=less, was_taken=taken
            ),
            above,
            cents,
            st.booleans(),
        ),
    ),
    st.tuples(
        st.just(posting.post_card_move),
        st.builds(
            lambda delta, issue, store: facts.CardMoveFact(
                **COMMON, delta=delta, is_issue=issue, is_store_credit=store
            ),
            cents,
            st.booleans(),
            st.booleans(),
        ),
    ),
    st.tuples(
        st.just(posting.post_points_move),
        st.builds(
            lambda points, value, expiry: facts.PointsMoveFact(
                **COMMON, points=points, value=value, is_expiry=expiry
            ),
            st.integers(-(10**7), 10**7),
            st.decimals(0, 10, places=6),
            st.booleans(),
        ),
    ),
    st.tuples(
        st.just(posting.post_points_value),
        st.builds(
            lambda points, before, value: facts.PointsValueFact(
                **COMMON, outstanding=points, before=before, value=value
            ),
            st.integers(0, 10**7),
            st.decimals(0, 10, places=6),
            st.decimals(0, 10, places=6),
        ),
    ),
)


@given(case=CASES)
def test_every_posting_balances_in_whole_cents(case):
    post, fact = case
    made = post(fact)
    if made is None:
        return
    amounts = [amount for _, amount in made.legs]
    codes = [account.code for account, _ in made.legs]
    assert sum(amounts) == 0
    assert all(amount == amount.quantize(Decimal("0.01")) != 0 for amount in amounts)
    assert len(set(codes)) == len(codes) >= 2
    assert all(len(code) <= 20 for code in codes)
    assert made.source.endswith(":7")
    assert made.text.startswith("Order B-1: ")
    assert made.order_id == 3


def legs(made):
    return {account.code: amount for account, amount in made.legs}


def test_a_receipt_turns_what_was_paid_into_sales_and_taxes():
    fact = facts.DocumentFact(
        **COMMON,
        name="R-2026-000001",
        is_credit=False,
        subtotal=Decimal("105.00"),
        delivery=Decimal("5.00"),
        tax_total=Decimal("15.72"),
        taxes=(("GST", Decimal("5.25")), ("QST", Decimal("10.47"))),
        total=Decimal("120.72"),
    )
    assert legs(posting.post_document(fact)) == {
        "2000": Decimal("120.72"),
        "4000": Decimal("-100.00"),
        "4010": Decimal("-5.00"),
        "2100.GST": Decimal("-5.25"),
        "2100.QST": Decimal("-10.47"),
    }


def test_what_a_dispute_takes_is_the_amount_and_a_fee_until_it_is_lost():
    fact = facts.DisputeMoveFact(
        **COMMON,
        amount=Decimal("-48.00"),
        fee=Decimal("15.00"),
        was_taken=True,
        lost_at=AT,
    )
    assert legs(posting.post_dispute_move(fact)) == {
        "1020": Decimal("-63.00"),
        "1030": Decimal("48.00"),
        "6010": Decimal("15.00"),
    }
    assert legs(posting.post_dispute_loss(fact)) == {
        "6020": Decimal("48.00"),
        "1030": Decimal("-48.00"),
    }


def test_levies_have_accounts_of_their_own_whatever_they_are_called():
    names = ["GST", "gst ", "GST!", "A very long name of a levy", "A very long name of a lev", ""]
    codes = [chart.tax_account(name).code for name in names]
    assert len(set(codes)) == len(names)
    assert codes[0] == "2100.GST"
    assert all(len(code) <= 20 and code.startswith("2100.") for code in codes)


def test_what_does_not_balance_is_never_booked():
    fact = facts.DocumentFact(
        **COMMON,
        name="R-2026-000001",
        is_credit=False,
        subtotal=Decimal("10.00"),
        delivery=Decimal(0),
        tax_total=Decimal(0),
        taxes=(),
        total=Decimal("11.00"),
    )
    with pytest.raises(ValueError, match="does not balance"):
        posting.post_document(fact)
