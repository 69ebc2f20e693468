"""The staff API of the books."""
