"""Rules of reminding, attempts at it, and who is not reminded so that the rest can be measured."""
