"""What a text to the shop's number asks for, when it is one of the agreed words."""

import unicodedata
from dataclasses import dataclass
from enum import Enum


class Keyword(Enum):
    """A request that is carried out by itself."""

    STOP = "stop"
    START = "start"
    YES = "yes"
    HELP = "help"


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of one request in one language, and who demands them."""

    keyword: Keyword
    language: str
    words: frozenset[str]
    source: str


WORDS = (
    Words(
        keyword=Keyword.STOP,
        language="en",
        words=frozenset({"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"}),
        source="CTIA Messaging Principles 5.1.3; Twilio's default opt-out words",
    ),
    Words(
        keyword=Keyword.STOP,
        language="en",
        words=frozenset({"revoke", "opt out", "optout"}),
        source="47 CFR 64.1200(a)(10), in force since 11 April 2025",
    ),
    Words(
        keyword=Keyword.STOP,
        language="fr",
        words=frozenset({"arret", "arreter", "desabonner"}),
        source="CWTA Canadian Common Short Code Application Guidelines: STOP and ARRET",
    ),
    Words(
        keyword=Keyword.START,
        language="en",
        words=frozenset({"start", "unstop"}),
        source="Twilio's default opt-in words",
    ),
    Words(
        keyword=Keyword.YES,
        language="en",
        words=frozenset({"yes"}),
        source="Twilio's default opt-in words; our own request to confirm",
    ),
    Words(
        keyword=Keyword.YES,
        language="fr",
        words=frozenset({"oui"}),
        source="our own request to confirm",
    ),
    Words(
        keyword=Keyword.HELP,
        language="en",
        words=frozenset({"help", "info"}),
        source="CTIA Messaging Principles 5.1.2; CWTA guidelines: INFO",
    ),
    Words(
        keyword=Keyword.HELP,
        language="fr",
        words=frozenset({"aide"}),
        source="CWTA Canadian Common Short Code Application Guidelines: HELP and AIDE",
    ),
)
_BY_WORD = {word: (row.keyword, row.language) for row in WORDS for word in row.words}


def plain_words(body: str) -> str:
    """Return ``body`` in lower case, without accents and punctuation, single spaces between."""
    apart = unicodedata.normalize("NFKD", body.casefold())
    kept = (char if char.isalnum() else " " for char in apart if not unicodedata.combining(char))
    return " ".join("".join(kept).split())


def keyword_of(body: str) -> tuple[Keyword, str] | None:
    """Return what ``body`` asks for and the word's language; None when it is more than a keyword.

    The whole text must be the word: "stop by the shop at 5?" asks for nothing.
    """
    return _BY_WORD.get(plain_words(body))
