"""Settings: `base` for all, then `dev`, `test` or `prod`; one small file per integration in `parts`."""
