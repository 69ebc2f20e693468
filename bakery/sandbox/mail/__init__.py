"""A local mail server that keeps what it is sent."""
