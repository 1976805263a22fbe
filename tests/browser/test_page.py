"""The page as people use it, before a studio whose pictures are quick and known."""

import re
import time

import pytest
from playwright.sync_api import expect
from visitor import BUSY, PHONE, PROMPT, ask, findings, open_panel, shoot, wait_done

HOSTILE = '<script>window.hurt=1</script><img src=x onerror="window.hurt=1"> שלום 🌈'


def test_a_prompt_becomes_a_picture_with_previews_on_the_way(visit):
    page = visit()
    assert page.title() == "Fooocus Lite"
    ask(page, "a slow red apple")
    page.wait_for_selector(".fl-hero canvas", state="visible")
    expect(page.locator(".fl-line")).to_contain_text(re.compile(r"Step \d+ of 12 · .* s/step"))
    expect(page).to_have_title(re.compile(r"\d+% · Fooocus Lite"))
    expect(page.locator("#fl-generate")).to_be_hidden()
    expect(page.locator("#fl-stop")).to_be_visible()
    wait_done(page)
    picture = page.locator(".fl-tile img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 240
    expect(page).to_have_title("Fooocus Lite")
    expect(page.locator("#fl-generate")).to_be_visible()


def test_the_first_view_needs_no_scrolling(visit):
    page = visit()
    for part in ("#fl-stage", PROMPT, "#fl-generate", "#fl-aspect", "#fl-chips", "#fl-examples"):
        box = page.locator(part).bounding_box()
        assert box is not None, part
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= 800, part
    assert page.locator("#fl-stage").bounding_box()["height"] > 300
    assert page.evaluate("document.activeElement.matches('#fl-prompt textarea')")


def test_a_refresh_in_the_middle_comes_back_to_the_job(visit):
    page = visit()
    ask(page, "a slow boat", count=2)
    page.wait_for_selector(BUSY)
    page.reload()
    page.wait_for_selector(".fl-hero canvas", state="visible")
    expect(page.locator(PROMPT)).to_have_value("a slow boat")
    wait_done(page)
    expect(page.locator(".fl-tile")).to_have_count(2)


def test_skip_leaves_one_picture(visit):
    page = visit()
    ask(page, "a slow boat", count=2)
    page.wait_for_selector(BUSY)
    page.click("#fl-skip")
    wait_done(page)
    expect(page.locator(".fl-line")).to_have_text("Done: 1 picture, 1 skipped")
    expect(page.locator(".fl-tile")).to_have_count(1)


def test_stop_leaves_the_rest(visit):
    page = visit()
    ask(page, "a slow boat", count=3)
    expect(page.locator(".fl-line")).to_contain_text("Picture 2 of 3", timeout=20_000)
    page.click("#fl-stop")
    page.wait_for_selector('.fl-stage[data-state="cancelled"]')
    expect(page.locator(".fl-line")).to_have_text("Stopped. 1 picture kept")
    expect(page.locator(".fl-tile")).to_have_count(1)
    expect(page.locator("#fl-generate")).to_be_focused()


def test_two_browsers_each_see_their_own(visit, running):
    one, other = visit(), visit()
    ask(one, "a secret of mine")
    wait_done(one)
    expect(other.locator(".fl-tile")).to_have_count(0)
    address = one.locator(".fl-tile img").get_attribute("src")
    assert one.request.get(running.url + address).status == 200
    assert other.request.get(running.url + address).status == 404
    open_panel(other, "history")
    expect(other.locator("#fl-history .fl-count")).to_contain_text("Nothing here yet")


def test_the_one_behind_sees_its_place_in_the_line(visit):
    first, second = visit(), visit()
    ask(first, "a slow boat", count=2)
    first.wait_for_selector(BUSY)
    ask(second, "a quick boat")
    expect(second.locator(".fl-line")).to_contain_text("1 job ahead of yours · starts in about 5 s")
    expect(second).to_have_title("Waiting · Fooocus Lite")
    second.click("#fl-stop")
    first.click("#fl-stop")
    first.wait_for_selector('.fl-stage[data-state="cancelled"]')


def test_sound_is_asked_for_once_and_remembered(visit, new_context):
    context = new_context()
    page = visit(context)
    open_panel(page, "advanced")
    sound = page.locator('[data-attention="sound"]')
    expect(sound).not_to_be_checked()
    sound.check()
    page.reload()
    page.wait_for_selector("#fl-generate")
    open_panel(page, "advanced")
    expect(sound).to_be_checked()


def test_the_owner_is_a_cookie_no_script_can_read(visit):
    page = visit()
    cookies = {each["name"]: each for each in page.context.cookies()}
    assert re.fullmatch(r"[0-9a-f]{32}", cookies["fooocus_lite_owner"]["value"])
    assert cookies["fooocus_lite_owner"]["httpOnly"]
    assert "fooocus_lite_owner" not in page.evaluate("document.cookie")


def test_use_these_settings_brings_back_what_was_asked(visit):
    page = visit()
    page.click('#fl-aspect button[data-name="2:3"]')
    page.click(".fl-chip")
    open_panel(page, "styles")
    page.click('.fl-card[data-name="Neon"]')
    open_panel(page, "advanced")
    page.fill("#fl-seed input, #fl-seed textarea", "77")
    page.fill("#fl-steps input, #fl-steps textarea", "9")
    ask(page, "a fox")
    wait_done(page)

    page.click('#fl-aspect button[data-name="1:1"]')
    page.click(".fl-chip")
    page.fill("#fl-seed input, #fl-seed textarea", "-1")
    page.fill("#fl-steps input, #fl-steps textarea", "")
    page.fill(PROMPT, "something else")
    page.click(".fl-tile")
    page.click(".fl-use")
    expect(page.locator(PROMPT)).to_have_value("a fox")
    expect(page.locator("#fl-seed input, #fl-seed textarea")).to_have_value("77")
    expect(page.locator("#fl-steps input, #fl-steps textarea")).to_have_value("9")
    expect(page.locator('#fl-aspect button[aria-checked="true"]')).to_have_attribute(
        "data-name", "2:3"
    )
    expect(page.locator(".fl-chip")).to_have_text(["Neon×"])


def test_the_large_view_zooms_moves_and_downloads(visit):
    page = visit()
    ask(page, "a hill", count=2)
    wait_done(page)
    page.click(".fl-tile >> nth=0")
    viewer = page.locator(".fl-viewer")
    expect(viewer.locator(".fl-place")).to_have_text("1 of 2")
    page.keyboard.press("ArrowRight")
    expect(viewer.locator(".fl-place")).to_have_text("2 of 2")
    expect(viewer.locator(".fl-words")).to_have_text("a hill")
    page.keyboard.press("2")
    assert viewer.locator("img").bounding_box()["width"] == 480
    with page.expect_download() as download:
        viewer.locator(".fl-download").click()
    assert download.value.suggested_filename == "0001-1001.png"
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()


def test_history_has_earlier_visits_and_can_be_searched(visit, new_context):
    context = new_context()
    page = visit(context)
    for prompt in ("a green pear", "a blue whale"):
        ask(page, prompt)
        page.wait_for_selector(BUSY)
        wait_done(page)
    page.close()
    page = visit(context)
    open_panel(page, "history")
    expect(page.locator("#fl-history .fl-thumb")).to_have_count(2)
    page.fill("#fl-history .fl-search", "whale")
    expect(page.locator("#fl-history .fl-thumb")).to_have_count(1)
    page.click("#fl-history .fl-thumb")
    expect(page.locator(".fl-words")).to_have_text("a blue whale")


def test_the_keyboard_is_enough(visit):
    page = visit()
    page.keyboard.type("a slow kite")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(BUSY)
    page.keyboard.press("Escape")
    expect(page.locator(".fl-ask")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".fl-ask")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector('.fl-stage[data-state="cancelled"]')

    page.focus('#fl-aspect button[aria-checked="true"]')
    page.keyboard.press("ArrowRight")
    chosen = page.locator('#fl-aspect button[aria-checked="true"]')
    expect(chosen).to_have_attribute("data-name", "2:3")
    expect(chosen).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    expect(chosen).to_have_attribute("data-name", "1:1")
    page.focus('button[data-panel="styles"]')
    page.keyboard.press("Enter")
    expect(page.locator("#fl-styles .fl-search")).to_be_focused()
    page.keyboard.type("neon")
    expect(page.locator(".fl-card:visible")).to_have_count(1)
    page.focus('.fl-card[data-name="Neon"]')
    page.keyboard.press("Space")
    expect(page.locator('.fl-card[data-name="Neon"]')).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#fl-side")).to_be_hidden()
    expect(page.locator('button[data-panel="styles"]')).to_be_focused()


def test_styles_are_found_chosen_and_removed(visit):
    page = visit()
    open_panel(page, "styles")
    page.click('.fl-categories button:has-text("Light")')
    expect(page.locator(".fl-card:visible")).to_have_count(2)
    page.click('.fl-card[data-name="Noir"]')
    expect(page.locator(".fl-chip")).to_have_text(["Watercolor×", "Noir×"])
    page.click('.fl-chip:has-text("Watercolor")')
    expect(page.locator(".fl-chip")).to_have_text(["Noir×"])
    page.fill("#fl-styles .fl-search", "zzz")
    expect(page.locator("#fl-styles .fl-count")).to_contain_text("No style matches")


def test_hostile_words_are_shown_as_words(visit):
    page = visit()
    ask(page, HOSTILE)
    wait_done(page)
    page.click(".fl-tile")
    expect(page.locator(".fl-words")).to_have_text(HOSTILE)
    page.keyboard.press("Escape")
    open_panel(page, "history")
    page.wait_for_selector("#fl-history .fl-thumb")
    assert page.evaluate("window.hurt") is None
    assert page.locator("script:has-text('window.hurt=1')").count() == 0


def test_an_empty_prompt_lights_the_examples(visit):
    page = visit()
    page.click("#fl-generate")
    expect(page.locator(".fl-message")).to_contain_text("start from an example")
    expect(page.locator(".fl-examples")).to_have_class(re.compile("is-lit"))
    page.click(".fl-examples button >> nth=1")
    expect(page.locator(PROMPT)).to_have_value("a blue house at night")
    expect(page.locator(".fl-message")).to_be_hidden()
    expect(page.locator(".fl-examples")).to_be_hidden()


@pytest.mark.parametrize(
    ("box", "text", "said"),
    [
        ("#fl-seed", "abc", "The seed “abc” is not a whole number. Write one from 0"),
        ("#fl-seed", str(2**70), "The seed is “1180591620717411303424”"),
        ("#fl-steps", "0", "The number of steps is “0”: it has to be at least 1."),
        ("#fl-steps", "900", "The number of steps is “900”: it may be at most 150."),
        ("#fl-guidance", "<b>", "The guidance “<b>” is not a number"),
        ("#fl-prompt", "x" * 10_001, "10,001 characters; the limit is 10,000"),
        ("#fl-prompt", "a\x07b", "control character U+0007"),
    ],
)
def test_a_wrong_value_is_answered_with_a_sentence(visit, box, text, said):
    page = visit()
    open_panel(page, "advanced")
    page.fill(PROMPT, "a boat")
    page.fill(f"{box} input, {box} textarea", text)
    page.click("#fl-generate")
    expect(page.locator(".fl-message p")).to_contain_text(said)
    expect(page.locator('[role="alert"]')).to_contain_text(said)
    expect(page.locator("#fl-generate")).to_be_visible()


def test_a_failed_job_says_why(visit):
    page = visit()
    ask(page, "fail please")
    expect(page.locator(".fl-message p")).to_contain_text("ran out of memory", timeout=15_000)
    expect(page.locator("#fl-generate")).to_be_visible()


def test_a_picture_that_could_not_be_saved_is_still_there_to_download(visit):
    page = visit()
    ask(page, "unsaved boat")
    wait_done(page)
    expect(page.locator(".fl-message p")).to_contain_text("could not be saved")
    page.click(".fl-tile")
    expect(page.locator(".fl-unsaved")).to_be_visible()
    with page.expect_download() as download:
        page.click(".fl-download")
    assert download.value.suggested_filename.endswith(".png")


def test_notices_can_be_dismissed(visit, running):
    text = "presets/mine.json was left out: line 3 <b>has</b> a typo."
    file = running.home / "notices.txt"
    file.write_text(text, encoding="utf-8")
    try:
        page = visit()
        notice = page.locator(".fl-notice p")
        expect(notice).to_have_text(text)
        page.click(".fl-notice button")
        expect(notice).to_have_count(0)
        page.reload()
        page.wait_for_function("document.querySelector('[data-status]')?.textContent")
        expect(notice).to_have_count(0)
    finally:
        file.unlink()


def test_nothing_leaves_this_machine(new_context, running):
    page = new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(running.url)
    page.wait_for_selector("#fl-generate")
    time.sleep(1)
    foreign = [url for url in asked if not url.startswith((running.url, "data:", "blob:"))]
    assert foreign == []


def test_previews_do_not_pile_up(visit):
    page = visit()
    page.evaluate(
        """() => {
            const old = createImageBitmap;
            window.framesDrawn = 0;
            window.createImageBitmap = (...all) => { window.framesDrawn += 1; return old(...all); };
        }"""
    )
    started = time.monotonic()
    ask(page, "a boat", count=4)
    page.wait_for_selector(BUSY)
    wait_done(page)
    frames = page.evaluate("window.framesDrawn")
    assert 4 <= frames <= 6 * (time.monotonic() - started)


def test_a_program_that_went_away_and_came_back_is_found_again(visit, running):
    page = visit()
    page.fill(PROMPT, "a long story")
    ask(page, "a long story", count=20)
    page.wait_for_selector(BUSY)
    running.kill()
    expect(page.locator(".fl-message p")).to_contain_text("connection", timeout=40_000)
    running.start()
    page.wait_for_function("document.body.dataset.busy === 'no'", timeout=40_000)
    page.wait_for_selector("#fl-generate", state="visible", timeout=20_000)
    expect(page.locator(PROMPT)).to_have_value("a long story")
    ask(page, "a short story")
    wait_done(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_serious_to_say(visit, scheme):
    page = visit(color_scheme=scheme)
    page.wait_for_function("document.querySelector('[data-status]')?.textContent")
    shoot(page, f"{scheme}-empty")
    found = findings(page)
    page.click("#fl-generate")
    expect(page.locator(".fl-message")).to_be_visible()
    page.wait_for_timeout(1200)
    found += findings(page)
    ask(page, "a slow quiet hill", count=2)
    page.wait_for_selector(".fl-hero canvas", state="visible")
    shoot(page, f"{scheme}-running")
    found += findings(page)
    wait_done(page)
    for panel in ("advanced", "styles", "history"):
        open_panel(page, panel)
        shoot(page, f"{scheme}-{panel}")
        found += findings(page)
    page.click(".fl-tile >> nth=0")
    shoot(page, f"{scheme}-viewer")
    found += findings(page)
    assert found == []


def test_a_phone_shows_everything_without_scrolling_sideways(visit):
    page = visit(**PHONE)
    shoot(page, "phone-empty")
    found = findings(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    box = page.locator("#fl-generate").bounding_box()
    assert box["height"] >= 40
    assert box["y"] + box["height"] <= 844
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, a, input')]
            .filter(one => one.checkVisibility() && !one.closest('.sr-only'))
            .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
            .filter(([, box]) => box.height < 39.5 || box.width < 39.5).map(([html]) => html)"""
    )
    assert small == []
    ask(page, "a quiet hill")
    wait_done(page)
    shoot(page, "phone-done")
    for panel in ("styles", "advanced", "history"):
        open_panel(page, panel)
        shoot(page, f"phone-{panel}")
        found += findings(page)
        page.click("[data-close-panel]")
    page.click(".fl-tile")
    shoot(page, "phone-viewer")
    found += findings(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert found == []
