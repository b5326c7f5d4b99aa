"""SQL of the shape of the first user's store: what is true of it is proved, and the findings are its real holes."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import tests.reference

from tzero.cli.checked import with_witness
from tzero.prove import PRESENCE, Declarations, Proof, Query, Relation, Verdict, prove
from tzero.prove.statements import read_statements, views_of

STORE = Path(tests.reference.__file__).parent / "store"
STATEMENTS = [s for path in sorted(STORE.glob("*.sql")) for s in read_statements(path.read_text(), "postgres")]
VIEWS = views_of(STATEMENTS)
BASE, STATISTICS = "feature_store.v_device_meta_base_t0_v1", "feature_store.device_meta_gmc_stats_t0_v1_mv"
ENTRYPOINT = "feature_store.device_meta_encoded_t0_v1"
LISTING, IMAGES = "feature_store.listing_device_features_clean_mv", "feature_store.device_image_features_unified_v1"
KEY = ("generation", "listing_id")
GMC = {
    "gmc_seg_n", "gmc_seg_share", "gmc_color_rarity_score", "gmc_color_rank_in_seg", "gmc_seg_n_distinct_colors",
    "gmc_seg_color_entropy", "gmc_seg_top_color_share",
}  # fmt: skip
# A sum of doubles: its last bits change with the order of the rows, whatever else is true.
FREE_SUM = ("T011", "gmc_seg_color_entropy")
DECLARED = Declarations(
    {
        LISTING: Relation(
            LISTING,
            {"generation": "integer", "listing_id": "bigint", "edited_date": "date", "model": "text"},
            key=KEY,
            time="edited_date",
            not_null=frozenset({"edited_date"}),
        ),
        IMAGES: Relation(
            IMAGES,
            {"generation": "integer", "listing_id": "bigint", "image_count": "bigint", "body_color_key_main": "text",
             "color_known": "boolean", "color_conflict": "boolean", "n_color_votes": "integer",
             "color_primary_vote_share": "float8", "color_vote_margin_share": "float8",
             "model_effective_generation": "integer", "model_fixed_any": "boolean",
             "model_generation_mismatch": "boolean", "is_spam_below13": "boolean"},
            key=KEY,
            static=True,
        ),
    },
    Query(anchor="t0", own=LISTING, zone="UTC"),
)  # fmt: skip


def but(relation: str, **changes: object) -> Declarations:
    """The declarations with something else said of a relation."""
    changed = replace(DECLARED.relations[relation], **changes)  # type: ignore[arg-type]
    return replace(DECLARED, relations={**DECLARED.relations, relation: changed})


def proof_of(view: str, declared: Declarations = DECLARED) -> Proof:
    return prove(VIEWS[view], declared, dialect="postgres", views={n: t for n, t in VIEWS.items() if n != view})


def found_in(proof: Proof) -> set[tuple[str, str]]:
    return {(finding.code, finding.column) for finding in proof.findings}


def test_what_is_true_is_proved() -> None:
    assert proof_of(BASE).proved
    assert found_in(proof_of(ENTRYPOINT)) == {FREE_SUM}
    assert {column.column for column in proof_of(ENTRYPOINT).columns} >= GMC


def test_nobody_says_when_images_became_known() -> None:
    found = found_in(proof_of(ENTRYPOINT, but(IMAGES, static=False))) - {FREE_SUM}
    assert {code for code, _ in found} == {"T006"}
    columns = {column for _, column in found}
    assert columns >= {"dev_gen_15", "dev_color_gold", "dev_image_count", "gmc_seg_n"}
    assert not columns & {PRESENCE, "generation", "listing_id", "dev_var_pro"}


def test_the_time_of_a_listing_can_be_edited() -> None:
    found = found_in(proof_of(ENTRYPOINT, but(LISTING, mutable=frozenset({"edited_date"})))) - {FREE_SUM}
    assert found == {("T005", column) for column in {PRESENCE, *GMC}}


def test_the_grid_has_rows_of_later_kinds() -> None:
    grid = replace(DECLARED, query=Query(anchor="t0_day", zone="UTC"))
    assert found_in(proof_of(STATISTICS, grid)) == {("T003", PRESENCE), FREE_SUM}
    given = replace(
        DECLARED, query=Query(anchor="t0_day", spine=("t0_day", "gen_key", "model_variant", "color_bucket"))
    )
    assert found_in(proof_of(STATISTICS, given)) == {FREE_SUM}


def test_the_day_is_that_of_the_session() -> None:
    columns = {**DECLARED.relations[LISTING].columns, "edited_date": "timestamptz"}
    instants = but(LISTING, columns=columns)
    loose = replace(instants, query=replace(instants.query, zone=None))
    assert found_in(proof_of(BASE, loose)) == {("T009", "t0_day")}
    found = proof_of(ENTRYPOINT, loose)
    assert {finding.column for finding in found.findings} == GMC
    assert {column for code, column in found_in(found) if code == "T009"} == GMC
    assert found_in(proof_of(ENTRYPOINT, instants)) == {FREE_SUM}


def test_the_predecessor_leaks_in_its_statistics_alone() -> None:
    path = files("tzero.starters").joinpath("device_meta", "upstream", "iphone_device_meta_encoded_v2.sql")
    sql = path.read_text()
    proof = with_witness(prove(sql, DECLARED, dialect="duckdb"), sql, DECLARED, "duckdb", {}, 8)
    assert proof.verdict is Verdict.LEAK
    accused = {column.column for column in proof.columns if column.verdict is not Verdict.PROVED}
    assert len(accused) == 13 and all(column.startswith("gmc_") for column in accused)
    assert len(proof.columns) == 62
    shown = next(finding for finding in proof.findings if finding.witness)
    assert shown.column in accused and shown.code == "T002"
