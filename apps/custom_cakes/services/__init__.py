"""Use cases of custom cakes: asking for one, deciding about it, following its order."""

from apps.custom_cakes.rules.offers import OfferTerms
from apps.custom_cakes.services.asking import ask_customer
from apps.custom_cakes.services.countering import counter_offer, lapse_counters
from apps.custom_cakes.services.deciding import (
    approve_request,
    renew_offer,
    take_back,
    write_note,
)
from apps.custom_cakes.services.following import follow_order, record_labour
from apps.custom_cakes.services.placing import place_quote
from apps.custom_cakes.services.rejecting import reject_request

__all__ = [
    "OfferTerms",
    "approve_request",
    "ask_customer",
    "counter_offer",
    "follow_order",
    "lapse_counters",
    "place_quote",
    "record_labour",
    "reject_request",
    "renew_offer",
    "take_back",
    "write_note",
]
