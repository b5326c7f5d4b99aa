"""The command line. Data on stdout, talk on stderr; whatever is slow to import is imported inside a command."""
