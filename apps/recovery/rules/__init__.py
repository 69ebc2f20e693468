"""Pure rules: when a reminder is due, who is held out, and what a difference means."""
