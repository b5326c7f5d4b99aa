"""Transfer functions: one file per SQL construct, from symbolic rows to symbolic rows."""
