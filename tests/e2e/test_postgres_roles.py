"""tzero plan --roles on a real server: what a reader and a refresher can do, and everything else that they cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from tests.e2e.market_store import ENTRYPOINT, IMAGES, LISTINGS, STATISTICS, on_server, raw_tables, run
from tests.e2e.starters import applied
from tests.servers import versions

import tzero
from tzero.certify.guarding import put_guard
from tzero.errors import UsageError
from tzero.refresh.roles import Roles
from tzero.sql.render import quoted
from tzero.starters.demo.folder import lay_out

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
_numbers = count(1)


@dataclass(frozen=True)
class Market:
    project: tzero.Project
    url: str
    roles: Roles
    version: int

    def url_of(self, role: str) -> str:
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))


@pytest.fixture(params=versions())
def market(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Market]:
    """A store whose sources are somebody else's: he alone reads the raw tables."""
    project, url = on_server(request.param, tmp_path)
    number = next(_numbers)
    others = f"others_{number}"
    config = tmp_path / "tzero.toml"
    config.write_text(config.read_text().partition("# Added by tzero demo")[0])
    sources = (LISTINGS, IMAGES, "feature_store.iphone_device_meta_encoded_v2")
    run(
        url,
        f"CREATE ROLE {others}",
        f"GRANT ALL ON SCHEMA feature_store, raw TO {others}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA raw TO {others}",
        *(f"ALTER MATERIALIZED VIEW {name} OWNER TO {others}" for name in sources),
        "DELETE FROM feature_store.t0_definition WHERE role = 'upstream'",
    )
    roles = Roles(f"owner_{number}", f"refresher_{number}", f"reader_{number}")
    with psycopg.connect(url) as connection:
        found = connection.info.server_version
    with tzero.open(tmp_path, target=url) as again:
        script = again.grants(roles)
        for _ in range(2):
            run(url, script)
        run(url, *(f"ALTER ROLE {role} LOGIN" for role in (roles.owner, roles.refresher, roles.reader)))
        yield Market(again, url, roles, found)
    project.close()
    run(url, *(f"ALTER ROLE {role} NOLOGIN" for role in (roles.owner, roles.refresher, roles.reader)))


def readable(market: Market, role: str) -> set[str]:
    """The relations that a role could read when it tried each, the server's own aside."""
    with market.project.session() as engine:
        names = list(engine.relations())
    found = set()
    with psycopg.connect(market.url_of(role), autocommit=True) as connection:
        for name in names:
            try:
                connection.execute(f"SELECT * FROM {quoted(name, 'postgres')} LIMIT 1".encode())
                found.add(str(name))
            except psycopg.errors.InsufficientPrivilege:
                pass
    return found


def refused(url: str, statement: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


def test_the_reader_reads_the_entrypoint_and_nothing_else(market: Market) -> None:
    assert readable(market, market.roles.reader) == {ENTRYPOINT}
    as_reader = market.url_of(market.roles.reader)
    with psycopg.connect(as_reader) as connection:
        rows = connection.execute(f"SELECT count(gmc_seg_share) FROM {ENTRYPOINT}".encode()).fetchall()
    assert rows[0][0] > 200
    for statement in (
        f"REFRESH MATERIALIZED VIEW {STATISTICS}",
        "CREATE TABLE feature_store.mine (a int)",
        f"CREATE OR REPLACE VIEW {ENTRYPOINT} AS SELECT 1",
        f"DROP VIEW {ENTRYPOINT}",
        f"SET ROLE {market.roles.owner}",
        "DELETE FROM feature_store.t0_run",
    ):
        assert refused(as_reader, statement), statement


def test_the_refresher_refreshes_and_reads_no_raw_table(market: Market) -> None:
    as_refresher = market.url_of(market.roles.refresher)
    run(as_refresher, f"REFRESH MATERIALIZED VIEW CONCURRENTLY {STATISTICS}", f"ANALYZE {STATISTICS}")
    may_read = readable(market, market.roles.refresher)
    assert not {name for name in may_read if name.startswith("raw.")}
    assert STATISTICS in may_read
    assert refused(as_refresher, f"REFRESH MATERIALIZED VIEW {LISTINGS}")
    assert refused(as_refresher, "DELETE FROM raw.listing_scrapes")
    if market.version >= 170_000:
        assert refused(as_refresher, f"DROP VIEW {ENTRYPOINT}")
        assert refused(as_refresher, "CREATE TABLE feature_store.mine (a int)")


def test_the_refresher_runs_tzero_refresh(market: Market) -> None:
    found = market.project.refresh(market.url_of(market.roles.refresher))
    assert any(step.relation == STATISTICS for step in found.steps)


WAIVER = """
[[waiver]]
gate = "B1"
by = "ada"
reason = "labels are dated elsewhere"
"""


@pytest.mark.parametrize("market", versions()[-1:], indirect=True)
def test_the_refresher_certifies_and_the_reader_reads_through_the_guard(market: Market) -> None:
    """The owner makes the guard, as his first certificate does; from then on nobody needs his rights."""
    config = market.project.root / "tzero.toml"
    config.write_text(f"{config.read_text()}{WAIVER}")
    as_owner = tzero.open(market.project.root, target=market.url_of(market.roles.owner))
    with as_owner as project, project.session() as engine, engine.transaction():
        put_guard(project.subject(engine, ENTRYPOINT))
    run(market.url, market.project.grants(market.roles))
    with tzero.open(market.project.root, target=market.url_of(market.roles.refresher)) as project:
        project.refresh()
        found = project.certify(ENTRYPOINT, seconds=3.0)
        codes = {finding["code"] for gate in found.predicate["gates"] for finding in gate["findings"]}
        assert codes == {"B1.T006"}, "no gate lacked a right"
        assert found.is_good
    assert readable(market, market.roles.reader) == {f"{ENTRYPOINT}_train"}
    as_reader, as_refresher = market.url_of(market.roles.reader), market.url_of(market.roles.refresher)
    for url, statement in (
        (as_reader, "DELETE FROM feature_store.t0_certificate"),
        (as_reader, "SELECT count(*) FROM feature_store.t0_baseline_day"),
        (as_refresher, "DELETE FROM feature_store.t0_certificate"),
        (as_refresher, "UPDATE feature_store.t0_baseline_day SET digests = ''"),
        (as_refresher, "DELETE FROM feature_store.t0_run"),
        (as_refresher, f"DROP VIEW {ENTRYPOINT}_train"),
    ):
        assert refused(url, statement), statement


def test_the_owner_applies(market: Market) -> None:
    declarations = market.project.root / "device_meta.py"
    declarations.write_text(declarations.read_text().replace("share(SEGMENT, alpha=0.5)", "share(SEGMENT, alpha=0.25)"))
    with tzero.open(market.project.root, target=market.url_of(market.roles.owner)) as project:
        assert project.apply() is not None
        assert project.apply() is None
    assert readable(market, market.roles.reader) == {ENTRYPOINT}


def test_a_reader_stays_out_only_while_views_run_with_their_owners_rights(market: Market) -> None:
    run(market.url, f"ALTER VIEW {ENTRYPOINT} SET (security_invoker = true)")
    assert readable(market, market.roles.reader) == set()
    assert market.project.diagnose().of("invoker")
    run(market.url, market.project.grants(market.roles))
    assert readable(market, market.roles.reader) == {ENTRYPOINT}


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tzero.cli.main import main

    project, url = on_server(versions()[0], tmp_path)
    project.close()
    with pytest.raises(SystemExit):
        main(
            ["--project", str(tmp_path), "plan", "--roles", "--reader", 'odd"name', "--target", url, "--output", "json"]
        )
    found = json.loads(capsys.readouterr().out)
    assert 'CREATE ROLE "odd""name" NOLOGIN' in found["sql"]
    assert "raw.listing_scrapes" in found["sql"]


def test_an_engine_without_roles(tmp_path: Path) -> None:
    lay_out("device_meta", tmp_path)
    with applied(tmp_path, raw_tables()) as project, pytest.raises(UsageError, match="has no roles"):
        project.grants(Roles())
