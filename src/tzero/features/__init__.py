"""What a feature is: sources, rows, populations, statistics, views, contracts. Frozen; knows no engine and no I/O."""
