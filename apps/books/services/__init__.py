"""What the books do: post what happened, prove that everything agrees."""
