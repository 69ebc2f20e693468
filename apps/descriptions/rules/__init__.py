"""What may be said of a cake, and how: pure, without database or clock."""
