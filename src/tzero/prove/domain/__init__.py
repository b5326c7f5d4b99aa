"""What the interpreter knows of a row: terms, constraints over them, and labels of where values come from."""
