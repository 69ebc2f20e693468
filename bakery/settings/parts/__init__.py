"""One file per integration; each reads its own environment variables."""
