"""What mails about a request say before anything is offered: to its customer, and to the shop."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from apps.custom_cakes.models import CakeRequest, CakeRevision
from apps.custom_cakes.rules.design import parse_design
from apps.custom_cakes.rules.link import request_path
from apps.custom_cakes.rules.offers import title_of
from apps.custom_cakes.selectors.offer_mails import Letter, language_of
from bakery.kernel import wording


@dataclass(frozen=True)
class ShopLetter:
    """What the shop is told of a request, and in which mailboxes."""

    to: tuple[str, ...]
    context: dict[str, Any]


def request_letter(request_id: int, *, revision_no: int | None = None) -> Letter | None:
    """Return the mail about a revision that was received; None when nobody can be written to."""
    found = _found(request_id, revision_no)
    if found is None:
        return None
    request, revision = found
    language = language_of(request)
    rows = revision.facts.get("labels_fr" if language == wording.FRENCH else "labels", ())
    wish = getattr(revision, "wish", None)
    context = {
        "number": request.number,
        "customer_name": request.customer_name,
        "path": request_path(request.public_id),
        "rows": [{"label": str(label), "text": str(text)} for label, text in rows],
        "inscription": wish.inscription if wish else "",
        "colours": wish.colours if wish else "",
        "guests": revision.guests,
        "wanted": wording.day_text(revision.wanted_on, language) if revision.wanted_on else "",
        "range": _range(revision, language),
        "is_changed": revision.no > 1,
    }
    return Letter(request.customer_email, language, context)


def shop_letter(request_id: int, *, what: str) -> ShopLetter | None:
    """Return what the shop is told: ``what`` is new, changed or answered."""
    found = _found(request_id, None)
    if found is None:
        return None
    request, revision = found
    return ShopLetter(
        tuple(settings.CUSTOM_EMAILS or settings.ALERT_EMAILS),
        {
            "number": request.number,
            "request_id": request.pk,
            "what": what,
            "title": title_of(parse_design(revision.design)),
            "wanted": wording.day_text(revision.wanted_on) if revision.wanted_on else "",
            "range": _range(revision, wording.DEFAULT),
        },
    )


def _found(request_id: int, revision_no: int | None) -> tuple[CakeRequest, CakeRevision] | None:
    request = CakeRequest.objects.filter(pk=request_id, erased_at=None).first()
    if request is None:
        return None
    revision = (
        CakeRevision.objects.filter(request_id=request_id, no=revision_no or request.revision)
        .select_related("wish")
        .first()
    )
    return (request, revision) if revision is not None else None


def _range(revision: CakeRevision, language: str) -> str:
    """Return the range that was shown when it was asked for, "" where none was."""
    shown = revision.facts.get("estimate", {})
    return str(shown.get("range_fr" if language == wording.FRENCH else "range", ""))
