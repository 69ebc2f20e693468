"""What holds for orders without a database or a clock."""
