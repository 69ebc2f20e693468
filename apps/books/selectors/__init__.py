"""What others may read of the books."""
