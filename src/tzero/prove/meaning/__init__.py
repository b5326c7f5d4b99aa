"""What terms mean: the facts that a predicate entails, and the label of a value or of a test."""
