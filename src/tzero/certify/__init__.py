"""Gates -> certificate: whether a relation may be trained on, and on what evidence."""
