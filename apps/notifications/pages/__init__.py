"""Pages and callbacks of this app."""
