"""The rooms of the bakery, one app each; imports between them point down only."""
