"""What people make of a draft: edit, publish, discard; no draft is published otherwise."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog import selectors as catalog
from apps.catalog import services as catalog_services
from apps.descriptions import selectors
from apps.descriptions.models import Draft, Publication
from apps.descriptions.rules.checking import Problem, check
from apps.descriptions.rules.texts import COLUMNS, NAMES, Texts, likeness
from apps.descriptions.services.versions import expect_version
from apps.descriptions.states import DRAFT_LIFE, DraftStatus, Subject
from bakery.kernel import audit, states
from bakery.kernel.clock import shop_date
from bakery.kernel.errors import Conflict, Invalid, Refused
from bakery.kernel.locks import lock_one

_EDITABLE = frozenset({DraftStatus.READY, DraftStatus.REFUSED})
_LONGEST_REASON, _TOLD = 500, 5


def edit_draft(
    *, draft_id: int, expected_version: int, texts: Mapping[str, Any], actor: str, at: datetime
) -> Draft:
    """Keep a person's texts with the draft, checked anew against the facts as they are now.

    ``texts`` has short, long and seo. Raises `NotFound`, `Invalid` for what cannot be stored, and
    `Conflict` when somebody else was faster or it is no longer open.
    """
    typed = Texts.read(texts)
    with transaction.atomic():
        row = _open(draft_id, expected_version)
        facts = selectors.facts_of_draft(row)
        problems = check(typed, facts, on=shop_date(at))
        before = _texts(row)
        changed: dict[str, Any] = {
            **typed.as_json(),
            "facts": facts.as_json(),
            "problems": [problem.as_json() for problem in problems],
            "version": row.version + 1,
        }
        to = DraftStatus.REFUSED if problems else DraftStatus.READY
        if to != row.status:
            states.transition(row, machine=DRAFT_LIFE, to=to, actor=actor, at=at, **changed)
        else:
            Draft.objects.filter(pk=row.pk).update(**changed)
            for name, value in changed.items():
                setattr(row, name, value)
        _record(row, "edit_draft", before, typed.as_json(), actor=actor, at=at)
    return row


def publish_draft(
    *,
    draft_id: int,
    expected_version: int,
    read_at: datetime,
    reason: str = "",
    actor: str,
    at: datetime,
) -> Publication:
    """Put a draft's texts on its product, and keep what they were before and as drafted.

    ``read_at`` is the product's ``updated_at`` that the person saw. The texts are checked against
    the facts of this very moment: what they say of allergens and diets must follow from them,
    everything else needs a ``reason``. Raises `NotFound`; `Refused` for a custom cake's; `Invalid`
    ``claim_refused`` or ``reason_missing``; `Conflict` ``stale_draft`` or ``edited_meanwhile``.
    """
    reason = _clean_reason(reason)
    with transaction.atomic():
        row = _open(draft_id, expected_version)
        if row.subject != Subject.PRODUCT:
            raise Refused("internal_only", "Texts about a customer's cake are never published.")
        final, before = _texts(row), _present(row)
        # First the write, which locks the product: its facts stand still from here on.
        catalog_services.update_product(
            product_id=int(row.reference),
            changes={COLUMNS[name]: text for name, text in final.items()},
            read_at=read_at,
            actor=actor,
            at=at,
        )
        found = _accepted(row, before, reason, at=at)
        states.transition(
            row,
            machine=DRAFT_LIFE,
            to=DraftStatus.PUBLISHED,
            actor=actor,
            at=at,
            problems=found,
            version=row.version + 1,
        )
        publication = _keep(row, before, reason, actor=actor, at=at)
        _record(row, "publish_draft", before, final, actor=actor, at=at, reason=reason)
    return publication


def discard_draft(*, draft_id: int, expected_version: int, actor: str, at: datetime) -> None:
    """Put a draft aside for good. Raises `NotFound`, `Conflict`."""
    with transaction.atomic():
        row = lock_one(Draft.objects.filter(pk=draft_id), what="draft")
        expect_version(row, expected_version)
        states.transition(
            row,
            machine=DRAFT_LIFE,
            to=DraftStatus.DISCARDED,
            actor=actor,
            at=at,
            version=row.version + 1,
        )
        _record(row, "discard_draft", {}, {}, actor=actor, at=at)


def _open(draft_id: int, expected_version: int) -> Draft:
    """Lock a draft that can be read and edited, as the caller saw it."""
    row = lock_one(Draft.objects.filter(pk=draft_id), what="draft")
    expect_version(row, expected_version)
    if row.status not in _EDITABLE:
        raise Conflict(
            "draft_not_open",
            f"This draft cannot be edited or published: {row.get_status_display()}.",
            details={"status": row.status},
        )
    return row


def _texts(row: Draft) -> dict[str, str]:
    return {name: getattr(row, name) for name in COLUMNS}


def _present(row: Draft) -> dict[str, str]:
    product = catalog.any_product(int(row.reference))
    return {name: getattr(product, column) for name, column in COLUMNS.items()}


def _clean_reason(reason: str) -> str:
    text = " ".join(reason.replace("\x00", " ").split())
    if len(text) > _LONGEST_REASON:
        raise Invalid(
            "too_long",
            f"A reason has at most {_LONGEST_REASON} characters.",
            details={"field": "reason", "limit": _LONGEST_REASON},
        )
    return text


def _keep(
    row: Draft, before: Mapping[str, str], reason: str, *, actor: str, at: datetime
) -> Publication:
    final = _texts(row)
    return Publication.objects.create(
        draft=row,
        before=dict(before),
        drafted=row.drafted,
        final=final,
        problems=row.problems,
        reason=reason,
        likeness=likeness(row.drafted, final),
        actor=actor,
        at=at,
    )


def _accepted(
    row: Draft, before: Mapping[str, str], reason: str, *, at: datetime
) -> list[dict[str, Any]]:
    """Return the doubts that a person publishes in spite of; raises `Invalid` where none may."""
    facts = selectors.facts_of_draft(row, said="\n".join(before.values()))
    problems = check(Texts(**_texts(row)), facts, on=shop_date(at))
    _insist(problems, reason)
    return [problem.as_json() for problem in problems]


def _insist(problems: Sequence[Problem], reason: str) -> None:
    """Raise unless a person may publish in spite of ``problems`` and says why."""
    if binding := [problem for problem in problems if problem.is_binding]:
        raise Invalid("claim_refused", _told(binding), details=_details(problems))
    if empty := [problem for problem in problems if problem.kind == "empty"]:
        raise Invalid("text_missing", _told(empty), details=_details(problems))
    if problems and not reason:
        raise Invalid(
            "reason_missing",
            f"{_told(problems)} Change the words, or say why they are right.",
            details={**_details(problems), "field": "reason"},
        )


def _told(problems: Sequence[Problem]) -> str:
    """Return what is wrong, for people."""
    told = [
        f'{NAMES[problem.field]}: "{problem.words}" {problem.message}.'
        if problem.words
        else f"{NAMES[problem.field]} {problem.message}."
        for problem in problems[:_TOLD]
    ]
    return " ".join(told)


def _details(problems: Sequence[Problem]) -> dict[str, Any]:
    return {"problems": [problem.as_json() for problem in problems]}


def _record(
    row: Draft,
    action: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    actor: str,
    at: datetime,
    reason: str = "",
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_type="descriptions.draft",
        object_id=row.pk,
        changes={
            name: [before.get(name, ""), text]
            for name, text in after.items()
            if before.get(name, "") != text
        },
        reason=reason,
        at=at,
    )
