"""PostgreSQL as Django uses it, with a cheaper look at whether a kept connection still lives."""
