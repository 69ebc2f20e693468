"""Writing a draft: by a language model where there is one, from the data alone where not.

A model's text that claims what the data do not say is asked for once more, with the words that
were wrong; refused again, or without an answer, the draft is composed from the data and says why.
Runs outside any transaction; only the result is written in one, and only once.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.descriptions import selectors
from apps.descriptions.adapters import llm
from apps.descriptions.models import Draft
from apps.descriptions.rules.checking import Problem, check
from apps.descriptions.rules.composing import compose
from apps.descriptions.rules.facts import Facts
from apps.descriptions.rules.prompting import prompt_for
from apps.descriptions.rules.texts import Texts
from apps.descriptions.states import DRAFT_LIFE, Composer, DraftStatus
from bakery.kernel import states
from bakery.kernel.clock import shop_date
from bakery.kernel.errors import Conflict, NotFound

WRITER = "system:writer"
_TRIES = 2
_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Written:
    """Texts, who wrote them, and what was refused on the way."""

    texts: Texts | None = None
    composer: Composer = Composer.TEMPLATE
    model: str = ""
    note: str = ""
    rejected: list[dict[str, Any]] = field(default_factory=list)


def write_draft(*, draft_id: int, version: int, at: datetime) -> None:
    """Write a draft that waits; told twice, or too late, it does nothing."""
    draft = Draft.objects.filter(pk=draft_id).first()
    if draft is None or draft.status != DraftStatus.QUEUED or draft.version != version:
        return
    try:
        facts = selectors.facts_of_draft(draft)
    except NotFound:
        _settle(draft, DraftStatus.FAILED, at=at, note="The product is gone.")
        return
    written = _by_model(draft, facts, at=at) if llm.is_configured() else _Written()
    if written.texts is None:
        # Drafts of one cake differ: the seed is the draft's own.
        seed = draft.pk
        written.texts = compose(facts, tone=draft.tone, seed=seed, language=draft.language)
        written.composer, written.model = Composer.TEMPLATE, ""
    problems = check(written.texts, facts, on=shop_date(at))
    _settle(
        draft,
        DraftStatus.REFUSED if problems else DraftStatus.READY,
        at=at,
        **written.texts.as_json(),
        drafted=written.texts.as_json(),
        composer=written.composer,
        model=written.model,
        note=written.note,
        rejected=written.rejected,
        facts=facts.as_json(),
        problems=[problem.as_json() for problem in problems],
    )


def _by_model(draft: Draft, facts: Facts, *, at: datetime) -> _Written:
    """Return a text of the model that says nothing wrong; without ``texts`` it came to nothing."""
    written = _Written(composer=Composer.MODEL, model=settings.LLM_MODEL[:120])
    if selectors.model_texts_since(at - _DAY) >= settings.LLM_DRAFTS_A_DAY:
        written.note = "The language model wrote as much today as it may; composed from the data."
        return written
    budget, refused = llm.Budget(), tuple[Problem, ...]()
    for _ in range(_TRIES):
        prompt = prompt_for(facts, tone=draft.tone, language=draft.language, refused=refused)
        try:
            texts = Texts.received(llm.write(prompt, budget=budget))
        except llm.CannotWrite as problem:
            written.note = f"{problem.message} Composed from the data."
            return written
        if texts is None:
            written.note = "The language model left out a text. Composed from the data."
            return written
        refused = check(texts, facts, on=shop_date(at))
        if not refused:
            written.texts, written.note = texts, ""
            return written
        found = [problem.as_json() for problem in refused]
        written.rejected.append({**texts.as_json(), "problems": found})
    written.note = (
        "The language model claimed twice what the data do not say. Composed from the data."
    )
    return written


def _settle(draft: Draft, to: DraftStatus, *, at: datetime, **columns: Any) -> None:
    """Write the result, unless the draft was dropped or written by another worker meanwhile."""
    try:
        with transaction.atomic():
            states.transition(
                draft,
                machine=DRAFT_LIFE,
                to=to,
                actor=WRITER,
                at=at,
                written_at=at,
                version=draft.version + 1,
                **columns,
            )
    except Conflict:
        return
