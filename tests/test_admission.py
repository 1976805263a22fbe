"""What a tier has, what a rule refuses, and that the studio asks both."""

import pytest

from fooocus_lite.errors import BadRequest, TooMany
from fooocus_lite.reception.admission import priority_for, terms_for
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.settings import Settings
from fooocus_lite.studio import Studio
from fooocus_lite.thinking.rules import Rule
from fooocus_lite.visitor import TIERS, Tier, Visitor

RULES = (Rule(name="drums", reason="No drums here.", any_of=("drum*",)),)
SMALL = {"width": 64, "height": 64}


def recipe(prompt: str = "a hill", width: int = 256, model: str = "starter") -> Recipe:
    return Recipe(
        model=model, family="sdxl", prompt=prompt, num_inference_steps=4, guidance_scale=5,
        scheduler="euler", width=width, height=256, seed=1, request=ImageRequest(prompt="a hill"),
    )  # fmt: skip


def terms(visitor: Visitor, each: Recipe):
    return terms_for(visitor, each.request, [each], RULES)


def test_a_tier_gives_its_terms():
    given = terms(Visitor("user:anna", tier=TIERS["pro"]), recipe())
    assert (given.account, given.pictures_per_hour) == ("user:anna", 200)
    assert given.refused is None


def test_the_host_has_no_limits_but_the_rules():
    given = terms(Visitor("user:carl", is_host=True), recipe("a drum", width=4096))
    assert given.pictures_per_hour is None
    assert given.refused.message == "No drums here."


def test_a_size_beyond_the_tier_is_refused_with_its_limit():
    tier = Tier(pictures_per_hour=1, max_megapixels=0.5, waiting_jobs=1)
    with pytest.raises(BadRequest, match=r"4096 × 256 is 1\.0 megapixels; you may have up to 0\.5"):
        terms(Visitor("user:anna", tier=tier), recipe(width=4096))


def test_a_model_beyond_the_tier_is_refused_with_those_there_are():
    tier = Tier(pictures_per_hour=1, max_megapixels=1, waiting_jobs=1, models=("starter",))
    assert terms(Visitor("user:anna", tier=tier), recipe())
    with pytest.raises(BadRequest, match="There is: starter"):
        terms(Visitor("user:anna", tier=tier), recipe(model="large"))


@pytest.mark.parametrize(
    ("tier", "asked", "given"),
    [
        (None, None, "fast"), (None, "turbo", "turbo"), (None, "relax", "relax"),
        ("pro", None, "turbo"), ("pro", "relax", "relax"), ("standard", None, "fast"),
        ("standard", "fast", "fast"), ("free", None, "relax"),
    ],
)  # fmt: skip
def test_a_job_waits_in_the_class_asked_for_or_the_best_of_the_tier(tier, asked, given):
    visitor = Visitor("user:anna", tier=TIERS[tier] if tier else None)
    request = ImageRequest(prompt="a hill", priority=asked)
    assert priority_for(visitor, request) == given


@pytest.mark.parametrize(
    ("tier", "asked", "allowed"),
    [
        ("standard", "turbo", ["fast", "relax"]),
        ("free", "fast", ["relax"]),
        ("free", "turbo", ["relax"]),
    ],
)
def test_a_class_above_the_tier_is_refused_with_those_there_are(tier, asked, allowed):
    request = ImageRequest(prompt="a hill", priority=asked)
    with pytest.raises(BadRequest, match=f"priority {asked} is not open to you") as refused:
        priority_for(Visitor("user:anna", tier=TIERS[tier]), request)
    assert (refused.value.field, refused.value.allowed) == ("priority", allowed)


def studio_of(home, **given) -> Studio:
    return Studio(Settings(home=home, output_path=home / "outputs", **given))


def test_a_shared_studio_blocks_a_prompt_and_says_why(home):
    studio = studio_of(home, listen="0.0.0.0", open=True)
    job = studio.orders.start(ImageRequest(prompt="a naked child", **SMALL), "1" * 32)
    view = studio.jobs.view(job, "1" * 32)
    assert view.state == "blocked"
    assert "under age" in view.error.message
    assert studio.jobs.active("1" * 32) == []


def test_words_that_a_wildcard_or_choice_brings_are_looked_at_too(home):
    (home / "rules.json").write_text(
        '{"rules": [{"name": "x", "reason": "No.", "any_of": ["tuba"]}]}', encoding="utf-8"
    )
    studio = studio_of(home, listen="0.0.0.0", open=True)
    request = ImageRequest(prompt="a {tuba|tuba}", **SMALL)
    assert studio.jobs.view(studio.orders.start(request, "1" * 32), "1" * 32).state == "blocked"


def test_a_door_that_names_only_the_owner_still_has_limits(home):
    studio = studio_of(home, listen="0.0.0.0", open=True, visitor_tier="free")
    studio.orders.start(ImageRequest(prompt="a hill", count=10, **SMALL), "1" * 32)
    with pytest.raises(TooMany):
        studio.orders.start(ImageRequest(prompt="a hill", **SMALL), "1" * 32)


def test_visitors_without_a_login_are_counted_by_address(home):
    studio = studio_of(home, listen="0.0.0.0", open=True, visitor_tier="free")
    here = [studio.doorkeeper.of_browser(token * 32, "203.0.113.7", False) for token in "12"]
    studio.orders.start(ImageRequest(prompt="a hill", count=10, **SMALL), here[0])
    with pytest.raises(TooMany):
        studio.orders.start(ImageRequest(prompt="a hill", **SMALL), here[1])
    outcomes = [entry.outcome for entry in studio.doorkeeper.audit.latest()]
    assert outcomes == ["too_many", "queued"]


def test_a_visitors_class_is_capped_and_said_at_the_door(home):
    studio = studio_of(home, listen="0.0.0.0", open=True, visitor_tier="free")
    with pytest.raises(BadRequest, match="There is: relax"):
        studio.orders.start(ImageRequest(prompt="a hill", priority="turbo", **SMALL), "1" * 32)
    assert studio.jobs.active("1" * 32) == []


def test_alone_on_localhost_nothing_is_limited_blocked_or_written_down(home):
    studio = studio_of(home)
    job = studio.orders.start(ImageRequest(prompt="a naked child, drum", **SMALL), "1" * 32)
    assert studio.jobs.view(job).state == "queued"
    assert studio.doorkeeper.audit.latest() == []


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"rule": []}',
        '{"rules": [{"name": "x"}]}',
        '{"rules": [{"name": "x", "reason": "y", "any_of": ["/(/"]}]}',
    ],
)
def test_a_wrong_rules_file_stops_the_program_from_being_shared(home, text):
    (home / "rules.json").write_text(text, encoding="utf-8")
    studio_of(home).prepare()
    with pytest.raises(BadRequest, match=r"rules\.json"):
        studio_of(home, listen="0.0.0.0", open=True).prepare()


def test_a_rules_file_may_replace_the_built_in_ones(home):
    (home / "rules.json").write_text('{"keep_defaults": false}', encoding="utf-8")
    studio = studio_of(home, listen="0.0.0.0", open=True)
    job = studio.orders.start(ImageRequest(prompt="bestiality", **SMALL), "1" * 32)
    assert studio.jobs.view(job, "1" * 32).state == "queued"


def test_only_the_host_changes_what_the_program_has(home):
    studio = studio_of(home, listen="0.0.0.0", open=True)
    assert studio.is_host()
    assert studio.is_host(Visitor("user:carl", is_host=True))
    assert not studio.is_host(Visitor("local", is_host=False))
    assert not studio.is_host("1" * 32)
    assert studio_of(home).is_host("1" * 32)
