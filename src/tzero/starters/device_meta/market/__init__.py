"""A simulated market of second-hand iPhones, deterministic from a seed, with a known truth and planted leaks."""

from __future__ import annotations

from tzero.starters.device_meta.market.market import Market, write_parquet

__all__ = ["Market", "write_parquet"]
