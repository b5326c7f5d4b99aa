"""Where queries run: one protocol, one file per database; the only importers of drivers."""
