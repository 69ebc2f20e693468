"""The outside world of descriptions: the provider of a language model."""
