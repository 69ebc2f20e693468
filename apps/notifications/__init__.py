"""Notifications: messages as rows with a state, and alerts until somebody acknowledges."""
