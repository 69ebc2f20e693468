"""Words about a cake that was asked for, for the shop's own screens."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from apps.custom_cakes.models import CakeRevision
from apps.custom_cakes.rules.choices import Choice, named_by
from apps.custom_cakes.rules.design import Design, parse_design
from apps.custom_cakes.selectors.options import choices_of
from apps.custom_cakes.states import OptionKind
from apps.descriptions import services as descriptions

DESCRIBER = "system:custom-cakes"
_TASTED = (OptionKind.FLAVOUR, OptionKind.FILLING)
_SEEN = (OptionKind.FINISH, OptionKind.DECORATION)


def describe_request(*, request_id: int, revision: int, at: datetime) -> int | None:
    """Have a description drafted of what was asked for; a step of the caller's transaction.

    Told are the options that were chosen and nothing that a customer typed, not even colours: a
    name or an order to a language model may stand there. None when the revision is gone.
    """
    row = (
        CakeRevision.objects.select_related("request")
        .filter(request_id=request_id, no=revision)
        .first()
    )
    if row is None:
        return None
    design = parse_design(row.design)
    choices = choices_of(design.option_ids(), also_gone=True)
    return descriptions.internal_draft(
        number=row.request.number,
        facts=_facts(design, choices, row.facts),
        asked_by=DESCRIBER,
        at=at,
    )


def _facts(
    design: Design, choices: Mapping[int, Choice], known: Mapping[str, Any]
) -> dict[str, Any]:
    servings = known.get("servings") or {}
    counts = {servings.get(name) for name in ("least", "servings", "most")}
    return {
        "name": f"Custom {design.event_type} cake".replace(" other ", " "),
        "flavour": _listed(_names(design, choices, _TASTED)),
        "decoration": _listed(_names(design, choices, _SEEN)),
        "contains": list((known.get("allergens") or {}).get("contains", ())),
        "servings": sorted(int(count) for count in counts if count),
        "tiers": len(design.tiers),
        "event_type": design.event_type,
        "is_made_to_order": True,
    }


def _names(design: Design, choices: Mapping[int, Choice], kinds: Iterable[OptionKind]) -> list[str]:
    """Return the names of what was chosen of some kinds, once each, from the bottom up."""
    wanted = set(kinds)
    chosen = [key for kind, key, _ in named_by(design) if kind in wanted and key in choices]
    return list(dict.fromkeys(choices[key].name for key in chosen))


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
