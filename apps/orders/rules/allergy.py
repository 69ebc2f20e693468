"""Words by which a customer's free text may be about an allergy.

A coarse net on purpose: it only raises a flag for a person to read the text. It never clears
anything, and the absence of the flag promises nothing.
"""

import re
import unicodedata

# Stems, accents removed: English, French, Spanish, Portuguese, German, Italian, Dutch, Polish.
_FOODS = (
    r"(?:pea)?(?:nut|noix|noisette|arachide|nuez|nueces|cacahuete|amendoim|nuss|nusse|erdnuss|"
    r"noci|noten|orzech|egg|oeuf|huevo|ei\b|milk|lait|leche|milch|dairy|soy|wheat|sesame)"
)
_STEMS = (
    r"allerg", r"alerg", r"anaph", r"anafi", r"epi-?pen", r"intoleran", r"c(?:o)?eliac", r"celiaq",
    r"coeliaq", r"zoliak", r"celiachi", r"lactose", r"laktos", r"gluten", r"glutin",
    r"(?:nut|peanut|egg|dairy|milk|soy|wheat|sesame)s?[ -]*free",
    r"(?:no|without|sans|sin|sem|ohne|senza|zonder|bez)\s+(?:any\s+)?" + _FOODS,
)  # fmt: skip
_PATTERN = re.compile(r"(?<![a-z])(?:" + "|".join(_STEMS) + ")")
# Scripts that the stems do not cover.
_OTHER_SCRIPTS = (
    "аллерг", "алерг", "过敏", "過敏", "アレルギ", "알레르", "حساسية", "אלרג", "αλλεργ", "एलर्जी",
)  # fmt: skip


def mentions_allergy(text: str) -> bool:
    """Tell whether a person should read ``text`` with allergies in mind."""
    folded = text.casefold()
    if any(word in folded for word in _OTHER_SCRIPTS):
        return True
    plain = unicodedata.normalize("NFKD", folded)
    plain = "".join(char for char in plain if not unicodedata.combining(char)).replace("œ", "oe")
    return _PATTERN.search(plain) is not None
