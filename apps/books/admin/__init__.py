"""The console's pages of books."""
