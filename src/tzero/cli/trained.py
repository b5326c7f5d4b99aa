"""A training as text: why rows may be read, how far it has come, how well the model did."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tzero.cli.output import put, put_table, say

if TYPE_CHECKING:
    from tzero.train.training import Admission, Progress


@contextmanager
def rows_shown() -> Iterator[Progress]:
    """Give the function that is told how far a training is: a moving bar on a terminal, a line per stage elsewhere."""
    if not sys.stderr.isatty():
        told: set[str] = set()

        def tell(what: str, _: int, __: int | None) -> None:
            if what not in told:
                told.add(what)
                say(f"  {what}")

        yield tell
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from tzero.cli.output import clean

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def move(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(escape(clean(what)), total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield move


def show_admission(found: Admission) -> None:
    said = found.as_json()
    for block in said["blocks"]:
        put(f"{block['relation']}: {len(block['features'])} features of {block['columns']} columns may be read")
        put(f"  contract     {block['feature_set']}, hash {block['features_hash'][:16]}, as the live columns are")
        put(f"  certificate  {block['certificate'][:16]} of {block['certified_at'][:19]} UTC, valid now")
        put(f"  data         {block['rows']:,} rows up to {block['newest']}, as certified")
    labels = said["labels"]
    put(f"{labels['relation']}: the labels, joined by key and T0 here and nowhere else")
    for name, column in labels["columns"].items():
        put(f"  {name:<14} {column}")
    for outside in labels["outside"]:
        put(f"  in none of the {outside['relations_in_closure']} relations that {outside['block']} is made from")
    put(f"outcome: {_outcome(said['outcome'])}")
    put(f"\n{said['query']}")


def show_card(card: Mapping[str, Any]) -> None:
    """The judgement of the held out rows, then of earlier origins, then the comparison."""
    held = card["holdout"]
    put(f"trained on {held['train_rows']:,} rows with T0 from {held['train'][0]} to {held['train'][1]},")
    put(f"as known at {held['cutoff']}; judged on {held['judged_rows']:,} rows from then on")
    for side in ("train", "judged"):
        for rule, number in held[f"{side}_left_out"].items():
            put(f"  left out of {side}: {number:,} {rule}")
    rows = [
        (one["measure"], one["by"], one["rows"], one["value"], one["low"], one["high"], *_earlier(card, one))
        for one in held["scores"]
        if not (one["by"] == "constant" and one["measure"].startswith(("AUC", "concordance")))
    ]
    origins = [fold["judged"][0][:10] for fold in card["folds"]]
    put_table(("measure", "by", "rows", "value", "low", "high", *(f"from {day}" for day in origins)), rows)
    put("")
    blocks = card["importance"]["blocks"]
    put_table(("feature", "share of SHAP"), [(f["feature"], f["share"]) for f in card["importance"]["features"][:10]])
    if len(blocks) > 1:
        put_table(("block", "share of SHAP"), [(block["block"], block["share"]) for block in blocks])
    if card["comparison"]:
        show_comparison(card["comparison"])
    for note in card["notes"]:
        put(f"note: {note}")


def show_comparison(found: Mapping[str, Any]) -> None:
    put(f"\nwhat the leak was worth ({found['measure']})")
    rows = []
    for one in found["relations"]:
        named = one["relation"] if one["certified"] else f"{one['relation']} (NOT certified: read for this alone)"
        rows.append((named, one["random_split"]["value"], one["split_in_time"]["value"], _within(one["period_after"])))
    put_table(("features", "a random split claims", "a split in time says", "the period after"), rows)


def _within(found: Mapping[str, Any]) -> str:
    if found["value"] is None:
        return ""
    if found["low"] is None:
        return f"{found['value']:.3f}"
    return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


def _earlier(card: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[float | None]:
    return [
        next(
            (
                one["value"]
                for one in fold["scores"]
                if (one["measure"], one["by"]) == (wanted["measure"], wanted["by"])
            ),
            None,
        )
        for fold in card["folds"]
    ]


def _outcome(outcome: Mapping[str, Any]) -> str:
    days = ", ".join(f"{day:g}" for day in outcome["days"])
    told = {
        "time": f"the time to the event, censored; judged at {days} days",
        "within": f"whether the event comes within {days} days; rows too young or undecided are left out",
        "flag": "a flag",
        "value": "a number",
    }
    return told[outcome["kind"]]
