"""What differs between two designs, in words a customer reads. Pure."""

from collections.abc import Mapping

from apps.custom_cakes.rules.choices import Choice
from apps.custom_cakes.rules.design import Design
from apps.custom_cakes.rules.wording import labels_of, tier_name, tier_text
from apps.pricing.states import EventType
from bakery.kernel.wording import DEFAULT, FRENCH, language_of

_WORDS = {
    "en": {"changed": "{what}: {new} instead of {old}", "added": "{what}: {new}, added",
           "gone": "{what}: {old}, left out", "event": "Event"},
    "fr": {"changed": "{what} : {new} au lieu de {old}", "added": "{what} : {new}, ajouté",
           "gone": "{what} : {old}, retiré", "event": "Événement"},
}  # fmt: skip
_TEXTS = {
    "en": {"inscription": "Inscription", "colours": "Colours", "allergies": "Allergies"},
    "fr": {"inscription": "Inscription", "colours": "Couleurs", "allergies": "Allergies"},
}
_EVENTS_FR = {
    "birthday": "anniversaire", "wedding": "mariage", "anniversary": "anniversaire de mariage",
    "baby": "naissance ou baptême", "graduation": "remise de diplôme",
    "corporate": "événement d'entreprise", "holiday": "fête", "other": "autre chose",
}  # fmt: skip


def differences_of(
    old: Design, new: Design, choices: Mapping[int, Choice], language: str = DEFAULT
) -> list[str]:
    """Return one line a difference, tiers first from the bottom; [] for two equal designs."""
    tongue = language_of(language)
    rows = [
        (
            tier_name(index, max(len(old.tiers), len(new.tiers)), tongue),
            _tier_at(old, index, choices, tongue),
            _tier_at(new, index, choices, tongue),
        )
        for index in range(max(len(old.tiers), len(new.tiers)))
    ]
    before, after = (_rest(design, choices, tongue) for design in (old, new))
    rows += [(what, before.get(what, ""), after.get(what, "")) for what in {**before, **after}]
    return [_line(what, was, now, tongue) for what, was, now in rows if was != now]


def words_changed(
    old: Mapping[str, str], new: Mapping[str, str], language: str = DEFAULT
) -> list[str]:
    """Return one line for each text that a customer wrote anew, by its name (see `_TEXTS`)."""
    tongue = language_of(language)
    return [
        _line(what, old.get(name, ""), new.get(name, ""), tongue)
        for name, what in _TEXTS[tongue].items()
        if old.get(name, "") != new.get(name, "")
    ]


def _rest(design: Design, choices: Mapping[int, Choice], language: str) -> dict[str, str]:
    """Return what is not a tier, by its label."""
    rows = labels_of(design, choices, language)[len(design.tiers) :]
    event = _WORDS[language]["event"]
    told = EventType(design.event_type).label
    if language == FRENCH:
        told = _EVENTS_FR.get(design.event_type, told)
    return {**dict(rows), event: told}


def _tier_at(design: Design, index: int, choices: Mapping[int, Choice], language: str) -> str:
    if index >= len(design.tiers):
        return ""
    return tier_text(design.tiers[index], choices, language)


def _line(what: str, was: str, now: str, language: str) -> str:
    words = _WORDS[language]
    kind = "added" if not was else "gone" if not now else "changed"
    return words[kind].format(what=what, old=was, new=now)
