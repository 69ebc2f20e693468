"""PostgreSQL and Valkey run from wheels, so that a bare machine needs neither installed."""
