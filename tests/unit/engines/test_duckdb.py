"""What is particular to DuckDB: its file, its lock, its disk, data files scanned in place."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from tzero.engines.base import Engine
from tzero.engines.catalog import RelationKind, StoredRelation
from tzero.engines.targets import Target, open_engine
from tzero.errors import BusyError, ConfigError, EngineError, TargetError
from tzero.sql.names import RelationName
from tzero.sql.parse import parse_one


def opened(folder: Path, url: str = "duckdb:///store.duckdb", *, read_only: bool = False) -> Engine:
    return open_engine(Target.parse(url, folder), read_only=read_only)


def test_another_process_is_named(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()",
         str(tmp_path / "store.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        for read_only in (True, False):
            with pytest.raises(BusyError, match=rf"in use by process {holder.pid}\b") as caught:
                opened(tmp_path, read_only=read_only)
            assert caught.value.exit_code == 4
    finally:
        holder.communicate(b"\n")


def test_reading_while_this_process_writes(tmp_path: Path) -> None:
    writer = opened(tmp_path)
    writer.execute("CREATE TABLE t AS SELECT 1 AS a")
    reader = opened(tmp_path, read_only=True)
    assert reader.rows("SELECT a FROM t") == [(1,)]
    reader.close()
    writer.close()


def test_writing_while_this_process_reads_is_busy(tmp_path: Path) -> None:
    opened(tmp_path).close()
    reader = opened(tmp_path, read_only=True)
    with pytest.raises(BusyError, match="in this process already"):
        opened(tmp_path)
    reader.close()


def test_a_users_own_connection_does_not_disturb(tmp_path: Path) -> None:
    own = duckdb.connect(str(tmp_path / "store.duckdb"))
    opened(tmp_path).close()
    own.close()


def test_reading_a_file_that_is_not_there_writes_nothing(tmp_path: Path) -> None:
    engine = opened(tmp_path, read_only=True)
    assert engine.relations() == {}
    engine.close()
    assert list(tmp_path.iterdir()) == []


def test_not_a_database(tmp_path: Path) -> None:
    (tmp_path / "store.duckdb").write_text("hello " * 4000)
    with pytest.raises(TargetError, match="not a DuckDB database"):
        opened(tmp_path)
    assert (tmp_path / "store.duckdb").read_text() == "hello " * 4000


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"folder of .* is not there"):
        opened(tmp_path, "duckdb:///nowhere/store.duckdb")


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    script = """
    import resource, sys
    from pathlib import Path
    from tzero.engines.targets import Target, open_engine
    from tzero.errors import TargetError
    engine = open_engine(Target.parse("duckdb:///store.duckdb", Path(sys.argv[1])), read_only=False)
    engine.execute("CREATE TABLE t AS SELECT 1 AS a")
    engine.execute("CHECKPOINT")
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20))
    try:
        with engine.transaction():
            engine.execute("CREATE OR REPLACE TABLE t AS SELECT i AS a, random() AS r FROM range(4000000) s(i)")
    except TargetError as error:
        print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert "cannot be written" in done.stdout, done.stdout + done.stderr
    assert "free disk space" in done.stdout
    engine = opened(tmp_path, read_only=True)
    assert engine.rows("SELECT count(*) FROM t") == [(1,)]
    engine.close()


def test_a_file_called_like_a_schema_is_explained(tmp_path: Path) -> None:
    engine = opened(tmp_path, "duckdb:///shop.duckdb")
    engine.execute("CREATE SCHEMA shop")
    with pytest.raises(TargetError, match="name of a schema"):
        engine.execute("CREATE TABLE shop.t (a INTEGER)")
    engine.close()


def test_options_of_the_url(tmp_path: Path) -> None:
    engine = opened(tmp_path, "duckdb:///store.duckdb?threads=1&memory_limit=256MB")
    assert engine.rows("SELECT current_setting('threads')") == [(1,)]
    engine.close()
    with pytest.raises(ConfigError, match="did you mean 'threads'"):
        opened(tmp_path, "duckdb:///store.duckdb?thread=1")


def test_data_files_are_scanned_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, elsewhere = tmp_path / "it's data", tmp_path / "elsewhere"
    for folder, value in ((data, "mine"), (elsewhere / "it's data", "not mine")):
        folder.mkdir(parents=True)
        pa.parquet.write_table(pa.table({"who": [value]}), folder / "a.parquet")
        (folder / "b.csv").write_text(f"who\n{value}\n")
        (folder / "c.json").write_text(f'{{"who": "{value}"}}')
    monkeypatch.chdir(elsewhere)  # a file of the same name in the working directory must not be read instead
    engine = opened(tmp_path, "duckdb://")
    for name in ("it's data/a.parquet", "it's data/b.csv", "it's data/c.json", "it's data/*.parquet"):
        file = RelationName.parse(name)
        found = engine.describe(file)
        assert found is not None, name
        assert found.kind is RelationKind.FILE
        assert [(c.name, c.dtype) for c in found.columns] == [("who", "text")]
        query = parse_one(f'SELECT "who" FROM "{name}"', "duckdb")
        assert engine.rows(query) == [("mine",)]
    assert engine.describe(RelationName.parse("it's data/none.parquet")) is None
    engine.close()


def test_a_broken_data_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("not parquet")
    engine = opened(tmp_path, "duckdb://")
    with pytest.raises(EngineError, match=r"a\.parquet"):
        engine.describe(RelationName.parse("a.parquet"))
    engine.close()


def test_nothing_is_written_to_stdout(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    engine = opened(tmp_path)
    assert engine.rows("SELECT current_setting('enable_progress_bar')") == [(False,)]
    engine.close()
    assert capfd.readouterr().out == ""


def test_a_table_of_many_rows_is_read_by_the_transaction_that_makes_it(tmp_path: Path) -> None:
    """Of one that an empty query makes, DuckDB reads none of these rows under a condition."""
    with closing(opened(tmp_path, "duckdb:///store.duckdb?threads=2")) as engine:
        engine.execute("CREATE TABLE source AS SELECT CAST(i AS integer) AS id, 'x' AS word FROM range(125000) AS r(i)")
        name, sql = RelationName(None, "kept"), "SELECT id, word FROM source"
        kept = StoredRelation(name, f"{sql} WHERE FALSE", ("id",))
        columns = engine.describe(RelationName(None, "source"))
        assert columns is not None
        with engine.transaction():
            made = engine.appended_statements(kept, columns.columns)
            for statement in (*made, *engine.append_statements(replace(kept, sql=sql), ("id", "word"))):
                engine.execute(statement.sql)
            assert engine.rows("SELECT count(*), max(id) FROM kept WHERE id > 4") == [(124_995, 124_999)]
