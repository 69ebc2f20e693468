"""Use cases of custom cakes: asking for one, deciding about it, following its order."""

from apps.custom_cakes.rules.offers import OfferTerms
from apps.custom_cakes.rules.wishes import Contact, Wishes
from apps.custom_cakes.services.answering import (
    accept_counter,
    answer_question,
    decline_counter,
    renew_quote,
)
from apps.custom_cakes.services.asking import ask_customer
from apps.custom_cakes.services.contacts import contact_errors
from apps.custom_cakes.services.countering import counter_offer, lapse_counters
from apps.custom_cakes.services.deciding import (
    approve_request,
    renew_offer,
    take_back,
    write_note,
)
from apps.custom_cakes.services.describing import describe_request
from apps.custom_cakes.services.drafting import save_draft
from apps.custom_cakes.services.estimating import LiveEstimate, estimate_design
from apps.custom_cakes.services.following import follow_order, record_labour
from apps.custom_cakes.services.lapsing import end_passed
from apps.custom_cakes.services.mailing import mail_message, mail_offer, mail_taken_back
from apps.custom_cakes.services.options import (
    archive_option,
    create_option,
    restore_option,
    update_option,
)
from apps.custom_cakes.services.photos import (
    KeptPhoto,
    add_photo,
    read_photo,
    remove_photo,
    sweep_photos,
)
from apps.custom_cakes.services.placing import place_quote
from apps.custom_cakes.services.privacy import (
    claim_requests,
    forget_drafts,
    forget_mailbox,
    forget_user,
)
from apps.custom_cakes.services.receiving import mail_received, tell_shop
from apps.custom_cakes.services.rejecting import reject_request
from apps.custom_cakes.services.revising import reopen_request, revise_request
from apps.custom_cakes.services.submitting import submit_request
from apps.custom_cakes.services.withdrawing import withdraw_request

__all__ = [
    "Contact",
    "KeptPhoto",
    "LiveEstimate",
    "OfferTerms",
    "Wishes",
    "accept_counter",
    "add_photo",
    "answer_question",
    "approve_request",
    "archive_option",
    "ask_customer",
    "claim_requests",
    "contact_errors",
    "counter_offer",
    "create_option",
    "decline_counter",
    "describe_request",
    "end_passed",
    "estimate_design",
    "follow_order",
    "forget_drafts",
    "forget_mailbox",
    "forget_user",
    "lapse_counters",
    "mail_message",
    "mail_offer",
    "mail_received",
    "mail_taken_back",
    "place_quote",
    "read_photo",
    "record_labour",
    "reject_request",
    "remove_photo",
    "renew_offer",
    "renew_quote",
    "reopen_request",
    "restore_option",
    "revise_request",
    "save_draft",
    "submit_request",
    "sweep_photos",
    "take_back",
    "tell_shop",
    "update_option",
    "withdraw_request",
    "write_note",
]
