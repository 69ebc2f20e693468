"""What Stripe is asked for and what its answers mean, without a database or a clock."""
