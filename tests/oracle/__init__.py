"""What every statistic means, once more: plain Python, written for obvious correctness, sharing nothing with tzero."""
