"""One file per gate; each says what it exercised, and fails where it exercised nothing."""
