"""A draft from data alone: no provider, no network, the same for the same seed.

Phrases are `data/phrases.json`; what is put into them are the cake's own data, so nothing is
claimed that they do not say.
"""

import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from apps.descriptions.rules.facts import Facts
from apps.descriptions.rules.texts import LIMITS, Texts

_DATA = Path(__file__).with_name("data") / "phrases.json"
_DEFAULT = "en"
# What stands behind a name for those who buy it: "Butter, unsalted", "Dark chocolate (70%)".
_ASIDE = re.compile(r"\s*[,(\[].*$|\s*\d+(?:[.,]\d+)?\s*%.*$")
# Said of anything that was ever baked, and so of nothing.
_UNSAID = frozenset({"water", "eau", "salt", "sel", "fine salt", "baking powder", "baking soda"})


@cache
def _phrases(language: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return dict(table.get(language) or table[_DEFAULT])


def event_types() -> frozenset[str]:
    """Return the occasions that have words."""
    return frozenset(_phrases(_DEFAULT)["events"])


class _Choice:
    """Picks one phrase after the other, the same for the same words to begin with."""

    def __init__(self, *words: object) -> None:
        self._state = sha256("\n".join(map(str, words)).encode()).digest()

    def of(self, phrases: list[str]) -> str:
        """Return one of ``phrases``."""
        self._state = sha256(self._state).digest()
        return phrases[int.from_bytes(self._state[:4]) % len(phrases)]


def compose(facts: Facts, *, tone: str, seed: int, language: str = _DEFAULT) -> Texts:
    """Return texts of ``facts`` within their limits; another ``seed`` chooses other phrases."""
    phrases = _phrases(language)
    by_tone = phrases["tones"].get(tone) or phrases["tones"]["plain"]
    choice = _Choice(facts.name, tone, seed, language)
    named = {
        "name": facts.name,
        "a_kind": phrases["kinds"].get(facts.kind, phrases["kinds"]["cake"]),
        "flavour": _inline(facts.flavour),
        "ingredients": _listed(facts, phrases),
        "decoration": _inline(facts.decoration),
        "event": phrases["events"].get(facts.event_type, ""),
    }
    return Texts(
        short=_short(by_tone, phrases, choice, named),
        long=_long(facts, by_tone, phrases, choice, named),
        seo=_seo(phrases, choice, named),
    )


def _short(
    by_tone: dict[str, list[str]], phrases: dict[str, Any], choice: _Choice, named: dict[str, str]
) -> str:
    said = choice.of(by_tone["short"]).format(**named)
    more = choice.of(phrases["short_more"]).format(**named) if named["ingredients"] else ""
    return _fitting(LIMITS["short"], f"{said} {more}".strip(), said, named["name"])


def _long(
    facts: Facts,
    by_tone: dict[str, list[str]],
    phrases: dict[str, Any],
    choice: _Choice,
    named: dict[str, str],
) -> str:
    paragraphs = [
        _sentences(choice, named, [by_tone["open"]], {"flavour": by_tone["flavour"]}),
        _sentences(
            choice,
            named,
            [],
            {"ingredients": by_tone["made_of"], "decoration": by_tone["look"]},
        ),
        _sentences(
            choice,
            named,
            [phrases["order"]] if facts.is_made_to_order else [],
            {"event": by_tone["event"]},
        ),
        choice.of(by_tone["close"]).format(**named),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)[: LIMITS["long"]]


def _sentences(
    choice: _Choice,
    named: dict[str, str],
    always: list[list[str]],
    where_known: dict[str, list[str]],
) -> str:
    """Return sentences: those that need no data, and those whose data are known."""
    chosen = [*always, *(lines for name, lines in where_known.items() if named[name])]
    return " ".join(_capital(choice.of(lines).format(**named)) for lines in chosen)


def _seo(phrases: dict[str, Any], choice: _Choice, named: dict[str, str]) -> str:
    bare = choice.of(phrases["seo_bare"]).format(**named)
    told = choice.of(phrases["seo"]).format(**named) if named["ingredients"] else bare
    return _fitting(LIMITS["seo"], told, bare, named["name"])


def _fitting(limit: int, *texts: str) -> str:
    """Return the first of ``texts`` that is short enough."""
    return next((text for text in texts if len(text) <= limit), texts[-1][:limit])


def _listed(facts: Facts, phrases: dict[str, Any]) -> str:
    names = list(dict.fromkeys(_plain(name) for name in facts.ingredients))
    names = [name for name in names if name and name not in _UNSAID]
    # What is in every cake comes last, however much of it there is.
    names.sort(key=lambda name: not set(phrases["everyday"]).isdisjoint(name.split()))
    names = names[: int(phrases["most_ingredients"])]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {phrases['and']} {names[-1]}"


def _plain(name: str) -> str:
    return _inline(_ASIDE.sub("", name)).lower()


def _inline(text: str) -> str:
    """Return ``text`` as part of a sentence, without what would end or mark it up."""
    return re.sub(r"[{}<>]|[.!?;]+(?=\s|$)", "", " ".join(text.split())).strip(" ,")


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
