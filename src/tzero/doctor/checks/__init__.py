"""One check per file; its text says why it matters."""
