"""A point-in-time feature store that proves its features do not see the future."""
