"""What people agree to when they leave an address with a cart, word for word, by language.

Kept as evidence with each consent: changed words are new words.
"""

from collections.abc import Mapping

MAIL_WORDING: Mapping[str, str] = {
    "en": "Yes, {shop} may mail me about this cart if I leave it unfinished."
    " I can end this with one click in every mail.",
    "fr": "Oui, {shop} peut m'écrire au sujet de ce panier si je le laisse inachevé."
    " Je peux y mettre fin d'un clic dans chaque courriel.",
}
TEXT_WORDING: Mapping[str, str] = {
    "en": "Yes, {shop} may text me about this cart if I leave it unfinished, one text for a cart."
    " Message and data rates may apply. Reply STOP to end, HELP for help."
    " Consent is not a condition of buying.",
    "fr": "Oui, {shop} peut m'envoyer un texto au sujet de ce panier si je le laisse inachevé, un"
    " seul par panier. Des frais de messages et de données peuvent s'appliquer. Répondez ARRET"
    " pour arrêter, AIDE pour de l'aide. L'achat n'en dépend pas.",
}
LANGUAGES = tuple(MAIL_WORDING)


def mail_wording(language: str, shop: str) -> str:
    """Return what who leaves a mailbox agrees to; English for a language without words."""
    return MAIL_WORDING.get(language, MAIL_WORDING["en"]).format(shop=shop)


def text_wording(language: str, shop: str) -> str:
    """Return what who leaves a phone number agrees to; English for a language without words."""
    return TEXT_WORDING.get(language, TEXT_WORDING["en"]).format(shop=shop)
