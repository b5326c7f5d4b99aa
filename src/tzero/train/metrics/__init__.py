"""How well a prediction did, in numbers: one measure per file, on arrays alone."""
