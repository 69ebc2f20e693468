"""Why a card was declined, in words that help its holder."""

from collections.abc import Mapping
from types import MappingProxyType

_OTHER_CARD = "Please use another card."
_ASK_BANK = "Your bank declined the card. It can tell you why; or use another card."
# By Stripe's codes, https://docs.stripe.com/declines/codes and https://docs.stripe.com/error-codes.
# What it says of lost, stolen or suspected cards is told to nobody: it asks for the general words.
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "insufficient_funds": f"There is not enough money on the card. {_OTHER_CARD}",
        "withdrawal_count_limit_exceeded": f"The card's limit is reached. {_OTHER_CARD}",
        "card_velocity_exceeded": f"The card's limit is reached. {_OTHER_CARD}",
        "expired_card": f"The card has expired. {_OTHER_CARD}",
        "incorrect_cvc": "The security code was not right. Please type it in again.",
        "invalid_cvc": "The security code was not right. Please type it in again.",
        "incorrect_number": "The card's number was not right. Please type it in again.",
        "invalid_number": "The card's number was not right. Please type it in again.",
        "incorrect_zip": "The postcode does not fit the card. Please type it in again.",
        "incorrect_address": "The address does not fit the card. Please type it in again.",
        "invalid_expiry_month": "The card's date was not right. Please type it in again.",
        "invalid_expiry_year": "The card's date was not right. Please type it in again.",
        "card_not_supported": f"The card is not for payments like this. {_OTHER_CARD}",
        "currency_not_supported": f"The card is not for this currency. {_OTHER_CARD}",
        "authentication_required": "Your bank asks you to confirm the payment. Please try again.",
        "payment_intent_authentication_failure": (
            "The payment was not confirmed with your bank. Please try again."
        ),
        "processing_error": "Something went wrong on the way. Please try again.",
        "issuer_not_available": "Your bank does not answer right now. Please try again soon.",
        "try_again_later": "Your bank does not answer right now. Please try again soon.",
        "approve_with_id": _ASK_BANK,
        "call_issuer": _ASK_BANK,
        "do_not_honor": _ASK_BANK,
        "transaction_not_allowed": _ASK_BANK,
    }
)
_DEFAULT = f"The card was declined. {_OTHER_CARD}"


def decline_words(code: str) -> str:
    """Return what to tell the customer about a decline; "" for no code, which means none."""
    return _WORDS.get(code, _DEFAULT) if code else ""
