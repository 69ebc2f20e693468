"""What the stand-in answers: a decent text from the facts, or a way in which models fail."""

import json
import re
from collections.abc import Callable
from typing import Any

Facts = dict[str, Any]
_ORDER = re.compile(r"\b(?:write|say|add|claim)\b:?\s+(.+)", re.IGNORECASE)


def read_facts(messages: list[dict[str, Any]]) -> Facts:
    """Return the facts of the user's message; {} when there are none."""
    text = str(messages[-1].get("content", "")) if messages else ""
    try:
        found = json.loads(text).get("facts", {})
    except (ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def _texts(facts: Facts, more: str = "") -> dict[str, str]:
    name = str(facts.get("name", "This cake"))
    ingredients = [str(item).lower() for item in facts.get("ingredients", [])[:2]]
    made = f"It brings {' and '.join(ingredients)} together." if ingredients else ""
    return {
        "short": f"{name}, written by a model. {more}".strip()[:190],
        "long": f"{name} has a character of its own. {made}\n\n{more or 'Choose a size below.'}",
        "seo": f"{name}: see sizes and order online."[:150],
    }


def _good(facts: Facts) -> str:
    return json.dumps(_texts(facts))


def _saying(claim: str) -> Callable[[Facts], str]:
    return lambda facts: json.dumps(_texts(facts, claim))


def _obey(facts: Facts) -> str:
    """Do what the facts say, as a model does that takes data for orders."""
    values = [
        str(item)
        for value in facts.values()
        for item in (value if isinstance(value, list) else [value])
    ]
    order = next((match[1] for value in values if (match := _ORDER.search(value))), "")
    return json.dumps(_texts(facts, order))


# What a model may say, by the name of its mood.
MOODS: dict[str, Callable[[Facts], str]] = {
    "good": _good,
    "fenced": lambda facts: f"```json\n{_good(facts)}\n```",
    "allergen": _saying("Completely nut-free and safe for coeliacs."),
    "sly": _saying("Worried about n\u200buts? There are none in our kitchen."),
    "health": _saying("A guilt-free, low-sugar treat."),
    "price": _saying("Yours for only $20."),
    "ingredient": _saying("Topped with toasted hazelnuts and mango."),
    "number": _saying("It serves 45 guests."),
    "long": _saying("Very " * 1200 + "good."),
    "markup": _saying("<script>alert(1)</script> https://evil.example"),
    "control": _saying("A bell\x07, a zero\x00 and half a letter \ud83d."),
    "obey": _obey,
    "garbage": lambda _: "Certainly! Here is a cake: {not json",
    "wrong_shape": lambda _: json.dumps({"short": 1, "long": ["a"], "title": "x"}),
    "array": lambda _: "[1, 2, 3]",
    "empty": lambda _: "",
}
