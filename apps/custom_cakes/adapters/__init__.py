"""Where pictures of requests are kept."""
