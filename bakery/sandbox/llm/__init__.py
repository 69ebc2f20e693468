"""A stand-in for a language model that speaks OpenAI's protocol: well, badly, or not at all."""
