"""What search knows beside the products themselves."""

from django.contrib.postgres.indexes import GistIndex
from django.db import models


class SearchWord(models.Model):
    """A word of the range, in small letters without accents: what a misspelling may have meant.

    The database adds words as products and categories are written (see migration 0006) and keeps
    those that have gone; a reader checks that a word still finds something.
    """

    word = models.CharField(max_length=40, primary_key=True)

    class Meta:
        indexes = [
            GistIndex(fields=["word"], name="searchword_near", opclasses=["gist_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.word
