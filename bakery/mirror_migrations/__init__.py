"""dj-stripe's schema as one generated migration; regenerate when dj-stripe is upgraded."""
