"""Counting again: statistics from their rows, event by event in Python, sharing nothing with the compiler."""
