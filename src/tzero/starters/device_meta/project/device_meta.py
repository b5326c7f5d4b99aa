"""device_meta: what a second-hand phone is, and how common it was before it was listed."""

from tzero import Entity, Events, FeatureView, columns, one_hot, vocabulary

# The colours that the model knows. Any other becomes _OTHER, none at all _MISSING: 22 values, whatever labellers write.
COLORS = (
    "graphite", "black_titanium", "silver", "space_black", "midnight", "sierra_blue", "blue", "natural_titanium",
    "gold", "deep_purple", "white_titanium", "starlight", "desert_titanium", "blue_titanium", "black", "alpine_green",
    "pink", "green", "deep_blue", "cosmic_orange",
)  # fmt: skip
VARIANTS = ("base", "pro", "pro_max", "plus", "mini", "air", "other")
GENERATIONS = (13, 14, 15, 16, 17)

# One row per listing. edited_date is its T0: its title is of that moment. A seller can edit a listing, which moves it
# to a later day; the days between then count one phone less.
listings = Events(
    "feature_store.listing_device_features_clean_mv",
    key=("generation", "listing_id"),
    time="edited_date",
)
# What labellers saw in its pictures, often days after T0. Name the column that says when a row became known, if there
# is one: then only what was known that long after T0 counts. Without it the table is taken as it is, also what was
# learned later, and tzero certify does not call that proved.
IMAGES_KNOWN_AT = None
IMAGES_SLA = "24h"
images = Entity(
    "feature_store.device_image_features_unified_v1",
    key=("generation", "listing_id"),
    known_at=IMAGES_KNOWN_AT,
    sla=IMAGES_SLA if IMAGES_KNOWN_AT else None,
)

# What a phone is, from its own row alone. A name that begins with _ is a step on the way and is kept nowhere.
base = (
    listings.lookup(images)
    .derive(
        gen_key="coalesce(model_effective_generation, generation)",
        _model_norm=r"lower(regexp_replace(model, '\s+', ' ', 'g'))",
        model_variant="""
            CASE WHEN _model_norm IS NULL OR _model_norm = '' THEN 'other'
                 WHEN _model_norm LIKE '%pro max%' THEN 'pro_max'
                 WHEN _model_norm LIKE '%pro%' THEN 'pro'
                 WHEN _model_norm LIKE '%plus%' THEN 'plus'
                 WHEN _model_norm LIKE '%mini%' THEN 'mini'
                 WHEN _model_norm LIKE '%air%' THEN 'air'
                 ELSE 'base' END""",
        color_bucket=vocabulary("body_color_key_main", COLORS, missing="_MISSING", other="_OTHER"),
        dev_image_count="cast(image_count AS int)",
        dev_has_images="CASE WHEN image_count > 0 THEN 1 ELSE 0 END",
        dev_color_is_missing="CASE WHEN color_bucket = '_MISSING' THEN 1 ELSE 0 END",
        dev_color_known="CASE WHEN color_known THEN 1 ELSE 0 END",
        dev_color_conflict="CASE WHEN color_conflict THEN 1 ELSE 0 END",
        dev_n_color_votes="cast(n_color_votes AS int)",
        dev_color_vote_share="cast(color_primary_vote_share AS double precision)",
        dev_color_vote_margin="cast(color_vote_margin_share AS double precision)",
        dev_model_fixed_any="CASE WHEN model_fixed_any THEN 1 ELSE 0 END",
        dev_model_generation_mismatch="CASE WHEN model_generation_mismatch THEN 1 ELSE 0 END",
        dev_is_spam_below13="CASE WHEN is_spam_below13 THEN 1 ELSE 0 END",
    )
    .named("feature_store.v_device_meta_base_t0_v1")
)

# How common it was: phones of strictly earlier days. A phone sees neither itself nor the others of its day.
SEGMENT, COLOR = ("gen_key", "model_variant"), "color_bucket"
before = base.before_day(zone="UTC", into="feature_store.device_meta_gmc_stats_t0_v1_mv")

device_meta = FeatureView(
    "feature_store.device_meta_encoded_t0_v1",
    base,
    *one_hot("gen_key", GENERATIONS, prefix="dev_gen_", other="other"),
    *one_hot("model_variant", VARIANTS, prefix="dev_var_"),
    *one_hot(COLOR, {**{c: c for c in COLORS}, "_MISSING": "missing", "_OTHER": "other"}, prefix="dev_color_"),
    *columns(
        "dev_image_count", "dev_has_images", "dev_color_is_missing", "dev_color_known", "dev_color_conflict",
        "dev_n_color_votes", "dev_color_vote_share", "dev_color_vote_margin", "dev_model_fixed_any",
        "dev_model_generation_mismatch", "dev_is_spam_below13",
    ),
    contract="iphone_device_meta_encoded_v2_model",
    t0=None,
    gmc_seg_n=before.count(SEGMENT),
    gmc_seg_share=before.share(SEGMENT, alpha=0.5),
    gmc_color_n_in_seg=before.count((*SEGMENT, COLOR)),
    gmc_color_share_in_seg=before.share(COLOR, within=SEGMENT, alpha=0.5, k=22),
    gmc_color_rarity_score=before.rarity(COLOR, within=SEGMENT, alpha=0.5, k=22),
    gmc_color_n_global=before.count(COLOR),
    gmc_color_share_global=before.share(COLOR, alpha=0.5, k=22),
    gmc_color_rarity_global=before.rarity(COLOR, alpha=0.5, k=22),
    gmc_color_rank_in_seg=before.rank(COLOR, within=SEGMENT),
    gmc_seg_n_distinct_colors=before.n_distinct(COLOR, within=SEGMENT),
    gmc_seg_color_entropy=before.entropy(COLOR, within=SEGMENT),
    gmc_seg_top_color_share=before.top_share(COLOR, within=SEGMENT),
    gmc_seg_missing_color_share=before.share_of(COLOR, "_MISSING", within=SEGMENT),
)  # fmt: skip
