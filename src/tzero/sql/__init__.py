"""The AST toolbox: the one place that tames sqlglot."""
