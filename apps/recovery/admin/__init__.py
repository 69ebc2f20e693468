"""The console's pages about carts that were left."""
