"""``tzero predict``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put_json, put_table, say
from tzero.cli.train import moment
from tzero.errors import TargetError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = 20


@click.command("predict")
@click.argument("model", type=click.Path(file_okay=False, path_type=Path))
@click.option("--since", metavar="DAY", callback=moment, help="Score rows from this T0 on.  [default: all]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A .parquet or .csv file to write.")
@click.option("--threads", type=int, default=0, help="[default: all]")
@project_options
def command(model: Path, since: Any, out: Path | None, threads: int) -> None:
    """Score rows with the model in a folder that tzero train wrote. Exit 1 where the contract is another one now."""
    if out is not None and out.suffix not in (".parquet", ".csv"):
        raise UsageError(f"{out} is neither .parquet nor .csv", fix="name a file of one of these kinds")
    given = settings()
    with given.open_project() as project:
        found = project.predict(model, since=since, threads=threads)
    if out is not None:
        _write(found, out)
        say(f"{found.num_rows:,} rows written to {out}")
    elif given.as_json:
        put_json(found.to_pylist())
    else:
        rows = found.slice(max(0, found.num_rows - _SHOWN)).to_pylist()
        put_table(found.column_names, [list(row.values()) for row in rows])
        say(f"the newest {len(rows)} of {found.num_rows:,} rows; --out FILE.parquet writes all")


def _write(found: pa.Table, out: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    try:
        pyarrow.parquet.write_table(found, out) if out.suffix == ".parquet" else pyarrow.csv.write_csv(found, out)
    except OSError as error:
        raise TargetError(f"{out} cannot be written: {error.strerror or error}") from error
