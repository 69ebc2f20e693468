"""Settings: `base` for all, then `dev`, `test` or `prod`; one file per integration in `parts`."""
