"""The test cards of the hosted payment page, with the numbers that Stripe publishes."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["succeed", "decline", "challenge", "settle_later", "fail_later"]
AfterPayment = Literal["", "dispute", "early_fraud_warning", "refund_fails", "refund_pending"]


@dataclass(frozen=True, kw_only=True)
class TestCard:
    """One way to pay. `slug` names it in the control API, `token` in the payment intents API."""

    __test__ = False  # not a test class

    slug: str
    label: str
    number: str
    note: str
    token: str
    outcome: Outcome = "succeed"
    error_code: str = ""
    decline_code: str = ""
    message: str = ""
    then: AfterPayment = ""
    is_bank_debit: bool = False

    def method_type(self, currency: str) -> str:
        """Return Stripe's name of the payment method in a currency."""
        return _debit_type(currency) if self.is_bank_debit else "card"

    @property
    def last4(self) -> str:
        """The digits that receipts show."""
        return self.number.replace(" ", "")[-4:]


def default_method_types(currency: str) -> list[str]:
    """Return the ways to pay of a session that names none: cards, and the currency's debit."""
    return ["card", _debit_type(currency)]


def _debit_type(currency: str) -> str:
    return "sepa_debit" if currency == "eur" else "us_bank_account"


CARDS = (
    TestCard(
        slug="success",
        label="Card that works",
        number="4242 4242 4242 4242",
        note="Paid at once.",
        token="pm_card_visa",
    ),
    TestCard(
        slug="3ds",
        label="Card that asks for confirmation",
        number="4000 0000 0000 3220",
        note="The bank shows a 3-D Secure page first.",
        token="pm_card_threeDSecure2Required",
        outcome="challenge",
    ),
    TestCard(
        slug="decline",
        label="Declined card",
        number="4000 0000 0000 0002",
        note="The bank refuses without a reason.",
        token="pm_card_chargeDeclined",
        outcome="decline",
        error_code="card_declined",
        decline_code="generic_decline",
        message="Your card was declined.",
    ),
    TestCard(
        slug="insufficient_funds",
        label="Card without enough money",
        number="4000 0000 0000 9995",
        note="Declined: insufficient funds.",
        token="pm_card_chargeDeclinedInsufficientFunds",
        outcome="decline",
        error_code="card_declined",
        decline_code="insufficient_funds",
        message="Your card has insufficient funds.",
    ),
    TestCard(
        slug="expired",
        label="Expired card",
        number="4000 0000 0000 0069",
        note="Declined: the card has expired.",
        token="pm_card_chargeDeclinedExpiredCard",
        outcome="decline",
        error_code="expired_card",
        message="Your card has expired.",
    ),
    TestCard(
        slug="async_success",
        label="Bank debit that arrives later",
        number="Account ending in 3000",
        note="The order is confirmed unpaid; the money comes some seconds later.",
        token="pm_success_sepaDebit",
        outcome="settle_later",
        is_bank_debit=True,
    ),
    TestCard(
        slug="async_failure",
        label="Bank debit that fails later",
        number="Account ending in 3001",
        note="The order is confirmed unpaid; the bank refuses some seconds later.",
        token="pm_failed_sepaDebit",
        outcome="fail_later",
        is_bank_debit=True,
        error_code="payment_intent_payment_attempt_failed",
        message="The payment failed.",
    ),
    TestCard(
        slug="dispute",
        label="Card that will be disputed",
        number="4000 0000 0000 0259",
        note="Paid, then the cardholder disputes it as fraudulent.",
        token="pm_card_createDispute",
        then="dispute",
    ),
    TestCard(
        slug="early_fraud_warning",
        label="Card with a fraud warning",
        number="4000 0000 0000 5423",
        note="Paid, then the bank warns that it may be stolen.",
        token="pm_card_createIssuerFraudRecord",
        then="early_fraud_warning",
    ),
    TestCard(
        slug="refund_fails",
        label="Card whose refund fails",
        number="4000 0000 0000 5126",
        note="Paid; a refund succeeds at first and fails afterwards.",
        token="pm_card_refundFail",
        then="refund_fails",
    ),
    TestCard(
        slug="refund_pending",
        label="Card whose refund is slow",
        number="4000 0000 0000 7726",
        note="Paid; a refund is pending at first and succeeds afterwards.",
        token="pm_card_pendingRefund",
        then="refund_pending",
    ),
)

BY_SLUG = {card.slug: card for card in CARDS}
BY_TOKEN = {card.token: card for card in CARDS}
