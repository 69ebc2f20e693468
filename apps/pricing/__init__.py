"""What a cake should cost and how many it serves: predicted, decided by people, learned from."""
