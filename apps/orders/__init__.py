"""Orders: carts, checkout, the life of an order and the kitchen board."""
