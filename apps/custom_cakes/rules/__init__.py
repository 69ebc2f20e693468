"""Pure rules: what a design is, what it needs, and what an offer may say."""
