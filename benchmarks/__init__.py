"""One script per claim; every script prints ratios measured side by side in one run."""
