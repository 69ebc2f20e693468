"""Pages of custom cakes for customers."""
