"""Values that a test chooses, of a time that may lie after the anchor: CASE, flags, NULLIF, defaults, LEAST."""

from __future__ import annotations

from random import Random


def chosen(time: str, anchor: str, number: str, random: Random) -> str:
    """A number, or a flag, that a time chooses."""
    op = random.choice(("<", "<", "<", ">=", "<=", ">"))
    test = f"{time} {op} {anchor}"
    first, second, third = (random.choice(("0", "0", "1", "NULL", number)) for _ in range(3))
    return random.choice((
        f"CASE WHEN {time} IS NULL THEN {first} WHEN {test} THEN {second} ELSE {third} END",
        f"CASE WHEN {test} THEN {first} WHEN {time} IS NULL THEN {second} ELSE {third} END",
        f"CASE WHEN {time} IS NOT NULL THEN CASE WHEN {test} THEN {first} ELSE {second} END ELSE {third} END",
        f"CASE WHEN {time} IS NULL OR {test} THEN {first} ELSE {second} END",
        f"CASE WHEN {test} THEN {number} + {number} ELSE {number} * {random.choice(('2', '2', '3'))} END",
        f"CAST({test} AS INTEGER) * {number}",
        f"{number} * COALESCE(CAST({test} AS INTEGER), {random.choice(('0', '0', '1'))})",
        f"CAST(COALESCE({test}, {random.choice(('FALSE', 'FALSE', 'TRUE'))}) AS INTEGER) * {number}",
        f"CASE WHEN {test} THEN {random.choice(('1', '1', '2'))} ELSE {random.choice(('0', '0', '1'))} END * {number}",
        f"CAST(COALESCE({time}, TIMESTAMPTZ 'infinity') {op} {anchor} AS INTEGER)",
        f"CAST(NULLIF({test}, {random.choice(('FALSE', 'TRUE'))}) AS INTEGER) * {number}",
        f"0 * {number}",
        f"CASE WHEN LEAST({time}, {anchor}) {op} {anchor} THEN {first} ELSE {second} END",
    ))  # fmt: skip


def chosen_time(time: str, anchor: str, random: Random) -> str:
    """A time that another one cuts off."""
    op = random.choice(("<", "<", ">="))
    return random.choice((
        f"LEAST({time}, {anchor})", f"LEAST(COALESCE({time}, {anchor}), {anchor})", f"GREATEST({time}, {anchor})",
        f"CASE WHEN {time} IS NULL OR {time} >= {anchor} THEN NULL ELSE {time} END",
        f"CASE WHEN {time} {op} {anchor} THEN {time} END", f"COALESCE({time}, {anchor})",
        f"CASE WHEN {time} {op} {anchor} THEN {time} ELSE {anchor} END",
    ))  # fmt: skip
