"""Controls of the stand-in for a language model."""

from typing import Any

from bakery.sandbox.llm.answers import MOODS
from bakery.sandbox.store import Document
from bakery.sandbox.stripe.controls import plan_fault
from bakery.sandbox.world import World


def _add_fault(world: World, given: Document) -> Document:
    world.llm_faults.add(plan_fault(given))
    return given


def _clear_faults(world: World, _: Document) -> Document:
    world.llm_faults.clear()
    return {}


def _set_mood(world: World, given: Document) -> Document:
    """How it answers from now on (`mood`), and how the next times (`next`), one after the other."""
    moods = [*given.get("next", []), given.get("mood", world.llm_rules.mood)]
    if unknown := set(moods) - MOODS.keys():
        msg = f"No such mood: {', '.join(sorted(unknown))}. Known: {', '.join(MOODS)}."
        raise ValueError(msg)
    world.llm_rules.moods = moods[:-1]
    world.llm_rules.mood = moods[-1]
    world.llm_rules.knows_schemas = bool(given.get("knows_schemas", True))
    world.llm_rules.api_key = str(given.get("api_key", ""))
    return given


def _requests(world: World, _: Document) -> list[Any]:
    return list(world.llm_rules.requests)


ACTIONS_BY_NAME = {
    "fault": _add_fault,
    "clear_faults": _clear_faults,
    "mood": _set_mood,
    "requests": _requests,
}
