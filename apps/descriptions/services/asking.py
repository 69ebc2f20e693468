"""Asking for drafts: by staff, for a cake that is new, and for a customer's request."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.catalog import selectors as catalog
from apps.descriptions.events import DraftAsked
from apps.descriptions.models import Draft
from apps.descriptions.rules.composing import event_types
from apps.descriptions.rules.facts import MAX_DETAIL, Facts
from apps.descriptions.services.versions import expect_version
from apps.descriptions.states import DRAFT_LIFE, Composer, DraftStatus, Subject, Tone
from bakery.kernel import audit, outbox, states
from bakery.kernel.errors import Invalid, NotFound
from bakery.kernel.locks import advisory_lock, lock_one
from bakery.kernel.wording import LANGUAGES

AUTOMATIC = "system:drafts"
_DETAILS = ("flavour", "decoration")
_LARGEST_KEY = 2**63


def ask_draft(
    *,
    subject: Subject,
    reference: str,
    tone: Tone,
    event_type: str,
    asked_by: str,
    at: datetime,
    flavour: str = "",
    decoration: str = "",
    language: str = "en",
) -> int:
    """Have a draft about a product written and return its key; nothing is published by it.

    ``reference`` is the product's key. Asking while one waits to be written returns that one.
    Raises `NotFound`, and `Invalid` naming the field.
    """
    if subject != Subject.PRODUCT:
        raise Invalid("bad_subject", "Drafts are asked for about products of the range.")
    product_id = _product_key(reference)
    details = _details(flavour=flavour, decoration=decoration)
    _check_choices(tone, event_type, language)
    catalog.any_product(product_id)
    with transaction.atomic():
        advisory_lock(f"draft:{subject}:{product_id}")
        waiting = Draft.objects.filter(
            subject=subject, reference=str(product_id), status=DraftStatus.QUEUED
        ).first()
        if waiting is not None:
            return waiting.pk
        row = Draft(
            subject=subject,
            reference=str(product_id),
            tone=tone,
            event_type=event_type,
            language=language,
            details=details,
            asked_by=asked_by,
        )
        return _queue(row, at=at)


def internal_draft(*, number: str, facts: Mapping[str, Any], asked_by: str, at: datetime) -> int:
    """Have a text about a custom cake written, for the shop's own eyes, and return its key.

    ``facts`` are fields of `Facts`: what was chosen, never a name, an address or a wish in a
    customer's own words. An older draft of the same number that still waits is dropped.
    """
    told = Facts.from_json({**facts, "kind": "custom"})
    with transaction.atomic():
        advisory_lock(f"draft:{Subject.CUSTOM}:{number}")
        waiting = Draft.objects.filter(
            subject=Subject.CUSTOM, reference=number, status=DraftStatus.QUEUED
        )
        for older in waiting.order_by("pk"):
            states.transition(
                older, machine=DRAFT_LIFE, to=DraftStatus.DISCARDED, actor=asked_by, at=at
            )
        row = Draft(
            subject=Subject.CUSTOM,
            reference=number,
            event_type=told.event_type,
            facts=told.as_json(),
            asked_by=asked_by,
        )
        return _queue(row, at=at)


def draft_for_new_cake(*, product_id: int, at: datetime) -> int | None:
    """Have a first draft written about a cake that came into the range without a text.

    None when settings say no, when it is gone, or when somebody wrote or asked in the meantime.
    """
    if not settings.DRAFTS_AUTOMATIC:
        return None
    try:
        product = catalog.any_product(product_id)
    except NotFound:
        return None
    drafts = Draft.objects.filter(subject=Subject.PRODUCT, reference=str(product_id))
    if product.short_description or product.description or drafts.exists():
        return None
    return ask_draft(
        subject=Subject.PRODUCT,
        reference=str(product_id),
        tone=Tone.PLAIN,
        event_type="",
        asked_by=AUTOMATIC,
        at=at,
    )


def ask_again(*, draft_id: int, expected_version: int, actor: str, at: datetime) -> None:
    """Have a draft written that could not be. Raises `NotFound`, `Conflict`."""
    with transaction.atomic():
        row = lock_one(Draft.objects.filter(pk=draft_id), what="draft")
        expect_version(row, expected_version)
        states.transition(
            row,
            machine=DRAFT_LIFE,
            to=DraftStatus.QUEUED,
            actor=actor,
            at=at,
            note="",
            version=row.version + 1,
        )
        _announce(row, at=at)
        _record(row, "ask_draft_again", actor=actor, at=at)


def _queue(row: Draft, *, at: datetime) -> int:
    row.asked_at = at
    row.composer = Composer.MODEL if settings.LLM_MODEL else Composer.TEMPLATE
    row.save(force_insert=True)
    _announce(row, at=at)
    _record(row, "ask_draft", actor=row.asked_by, at=at)
    return row.pk


def _announce(row: Draft, *, at: datetime) -> None:
    event = DraftAsked(draft_id=row.pk, version=row.version)
    outbox.emit(event, key=f"{row.pk}:{row.version}", at=at)


def _record(row: Draft, action: str, *, actor: str, at: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_type="descriptions.draft",
        object_id=row.pk,
        changes={"subject": [None, row.subject], "reference": [None, row.reference]},
        at=at,
    )


def _product_key(reference: str) -> int:
    is_key = reference.isascii() and reference.isdecimal() and int(reference) < _LARGEST_KEY
    if not is_key:
        raise NotFound("product_not_found", "There is no such product.")
    return int(reference)


def _check_choices(tone: str, event_type: str, language: str) -> None:
    known = {
        "tone": (tone, set(Tone.values)),
        "event_type": (event_type, event_types() | {"", "other"}),
        "language": (language, set(LANGUAGES)),
    }
    for field, (value, values) in known.items():
        if value not in values:
            raise Invalid(
                f"unknown_{field}",
                f"{field.replace('_', ' ').capitalize()} is one of {', '.join(sorted(values))}.",
                details={"field": field, "known": sorted(values)},
            )


def _details(**given: str) -> dict[str, str]:
    found = {}
    for name in _DETAILS:
        text = " ".join(str(given.get(name, "")).split())
        if len(text) > MAX_DETAIL or "\x00" in text:
            raise Invalid(
                "bad_detail",
                f"{name.capitalize()} has at most {MAX_DETAIL} characters.",
                details={"field": name, "limit": MAX_DETAIL},
            )
        if text:
            found[name] = text
    return found
