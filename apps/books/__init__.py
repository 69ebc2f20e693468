"""Double-entry books of the shop, exports for its accountant, and the proof that all agree."""
