"""What we remember, in the user's own database: one file per table."""
