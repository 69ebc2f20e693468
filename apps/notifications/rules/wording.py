"""What is said to the people of the roster, by telephone and in replies. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "press": "Press 1 to take charge of it.",
            "thanks": "Thank you. You have taken charge of it. Goodbye.",
            "taken_before": "Somebody has taken charge of it already. Thank you. Goodbye.",
            "nothing_pressed": "Nobody has taken charge of it. The next person is called. Goodbye.",
            "yours": "Thank you. {what} is yours.",
            "theirs": "{what} was taken by {by}.",
            "none_open": "Nothing is open. Thank you.",
            "no_such_code": "Nothing open has the code {code}.",
            "which": "Open: {list}. Reply OK and a code",
        },
        "fr": {
            "press": "Appuyez sur le 1 pour vous en charger.",
            "thanks": "Merci. Vous vous en chargez. Au revoir.",
            "taken_before": "Quelqu'un s'en charge déjà. Merci. Au revoir.",
            "nothing_pressed": "Personne ne s'en charge. La personne suivante est appelée.",
            "yours": "Merci. {what} est à vous.",
            "theirs": "{what} : {by} s'en charge.",
            "none_open": "Rien n'est ouvert. Merci.",
            "no_such_code": "Rien d'ouvert n'a le code {code}.",
            "which": "Ouvert : {list}. Répondez OK et un code",
        },
    }
)


LANGUAGES = tuple(_WORDS)
DEFAULT_LANGUAGE = "en"


def say(name: str, language: str, **values: object) -> str:
    """Return the words ``name`` in a language, in English where there is no such language."""
    return _WORDS.get(language, _WORDS[DEFAULT_LANGUAGE])[name].format(**values)
