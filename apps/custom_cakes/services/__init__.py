"""Use cases of custom cakes: asking for one, deciding about it, following its order."""
