"""The console's pages of custom cakes."""
