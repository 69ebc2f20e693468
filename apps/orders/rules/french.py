"""What mails about orders say in French beside their templates."""

from collections.abc import Mapping
from typing import Any

from bakery.kernel.wording import FRENCH, levy_name

_SUMS = {
    "goods": "Articles",
    "delivery": "Livraison",
    "subtotal": "Sous-total",
    "total": "Total",
    "credited": "Retiré par la suite",
    "gift_card": "Carte-cadeau",
    "paid": "Payé",
    "refunded": "Rendu",
}
_DUE = {"To pay": "À payer", "Owed to you": "Nous vous devons"}
_HEADS = {"contains": "Contient", "may_contain": "Peut contenir", "unknown": "INCONNU"}
# Codes of the catalogue's allergens, in the words of the Canadian Food Inspection Agency.
_ALLERGENS = {
    "wheat": "blé",
    "spelt": "épeautre",
    "khorasan": "kamut",
    "triticale": "triticale",
    "rye": "seigle",
    "barley": "orge",
    "oats": "avoine",
    "almond": "amandes",
    "beech_nut": "faînes",
    "black_walnut": "noix noires",
    "brazil_nut": "noix du Brésil",
    "butternut": "noix cendrées",
    "california_walnut": "noix de Californie",
    "cashew": "noix de cajou",
    "chestnut": "châtaignes",
    "chinquapin": "chinquapins",
    "coconut": "noix de coco",
    "ginkgo": "noix de ginkgo",
    "hazelnut": "noisettes",
    "heartnut": "noix du Japon",
    "hickory": "noix de caryer",
    "lychee": "litchis",
    "macadamia": "noix de macadamia",
    "pecan": "pacanes",
    "pili_nut": "noix de pili",
    "pine_nut": "pignons",
    "pistachio": "pistaches",
    "shea_nut": "noix de karité",
    "walnut": "noix",
    "peanut": "arachides",
    "milk": "lait",
    "egg": "œufs",
    "fish": "poisson",
    "crustaceans": "crustacés",
    "molluscs": "mollusques",
    "soy": "soja",
    "sesame": "sésame",
    "mustard": "moutarde",
    "celery": "céleri",
    "lupin": "lupin",
    "sulphites": "sulfites",
    "tree_nuts": "noix",
    "gluten": "gluten",
    "any_wheat": "blé",
    "other_gluten": "autres sources de gluten",
    "gluten_cereals": "céréales contenant du gluten",
}


def sum_label(kind: str, label: str) -> str:
    """Return the label of a row of sums; a promotion's or coupon's is the shop's own."""
    if kind == "tax":
        return _levy(label)
    if kind == "included_tax":
        return f"dont {_levy(label.removeprefix('of which '))}"
    return _DUE.get(label, label) if kind == "due" else _SUMS.get(kind, label)


def _levy(label: str) -> str:
    name, _, rate = label.rpartition(" ")
    if not name:
        return "Taxe"
    figure = rate.replace(".", ",").replace("%", "\u00a0%")
    return f"{levy_name(name, FRENCH)} {figure}"


def allergen_text(allergens: Mapping[str, Any] | None) -> str:
    """Return in words what was known of a line's allergens when it was sold."""
    if allergens is None:
        return "Allergènes inconnus\u00a0: demandez-nous"
    told = [
        f"{head}\u00a0: {', '.join(_ALLERGENS.get(code, code) for code in allergens[name])}"
        for name, head in _HEADS.items()
        if allergens.get(name)
    ]
    return ". ".join(told) or "Aucun allergène indiqué"
