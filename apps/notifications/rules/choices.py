"""The words of the preference centre: what a person reads is kept as what they agreed to."""

from collections.abc import Mapping
from types import MappingProxyType

from apps.notifications.states import Channel, Topic
from bakery.kernel.wording import language_of

# language -> (channel, topic) -> what it is called, what comes of agreeing
_CHOICES: Mapping[str, Mapping[tuple[str, str], tuple[str, str]]] = MappingProxyType(
    {
        "en": {
            (Channel.EMAIL, Topic.CART): (
                "Reminders of a cart",
                "Mail me when I leave something in my cart, at most twice for one cart.",
            ),
            (Channel.EMAIL, Topic.NEWS): (
                "News and offers",
                "Mail me now and then what is new in the shop.",
            ),
            (Channel.EMAIL, Topic.LOYALTY): (
                "Points",
                "Mail me about my points, for example before some of them end.",
            ),
            (Channel.EMAIL, Topic.MEASURE): (
                "Help us see what is read",
                "Note when I open a mail or follow a link in it. Without this nothing is noted.",
            ),
            (Channel.SMS, Topic.CART): (
                "Reminders of a cart",
                (
                    "Text me when I leave something in my cart, once for one cart. Message and "
                    "data rates may apply. Reply STOP to end."
                ),
            ),
            (Channel.SMS, Topic.NEWS): (
                "News and offers",
                (
                    "Text me now and then what is new, at most four texts a month. Message and "
                    "data rates may apply. Reply STOP to end."
                ),
            ),
        },
        "fr": {
            (Channel.EMAIL, Topic.CART): (
                "Rappels de panier",
                (
                    "M'écrire quand je laisse quelque chose dans mon panier, deux fois au plus par "
                    "panier."
                ),
            ),
            (Channel.EMAIL, Topic.NEWS): (
                "Nouvelles et offres",
                "M'écrire de temps en temps ce qu'il y a de nouveau à la boutique.",
            ),
            (Channel.EMAIL, Topic.LOYALTY): (
                "Points",
                "M'écrire au sujet de mes points, par exemple avant que certains prennent fin.",
            ),
            (Channel.EMAIL, Topic.MEASURE): (
                "Nous aider à voir ce qui est lu",
                (
                    "Noter quand j'ouvre un courriel ou que j'en suis un lien. Sans cela, rien "
                    "n'est noté."
                ),
            ),
            (Channel.SMS, Topic.CART): (
                "Rappels de panier",
                (
                    "M'envoyer un texto quand je laisse quelque chose dans mon panier, une fois "
                    "par panier. Des frais de messagerie et de données peuvent s'appliquer. "
                    "Répondez ARRET pour arrêter."
                ),
            ),
            (Channel.SMS, Topic.NEWS): (
                "Nouvelles et offres",
                (
                    "M'envoyer un texto de temps en temps, quatre par mois au plus. Des frais de "
                    "messagerie et de données peuvent s'appliquer. Répondez ARRET pour arrêter."
                ),
            ),
        },
    }
)


def title_of(channel: str, topic: str, language: str) -> str:
    """Return what a choice is called; raise `KeyError` when there is no such choice."""
    return _CHOICES[language_of(language)][channel, topic][0]


def wording_of(channel: str, topic: str, language: str) -> str:
    """Return what somebody agrees to; raise `KeyError` when there is no such choice."""
    return _CHOICES[language_of(language)][channel, topic][1]
