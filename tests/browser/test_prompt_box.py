"""Writing a prompt: weights, earlier prompts, completions, keys, and what becomes of it."""

import re
from collections.abc import Iterator

import pytest
from fake_server import FakeServer
from playwright.sync_api import Browser, Page, expect
from visitor import BUSY, PHONE, PROMPT, ask, findings, open_panel, wait_done

LIST = "#fl-completions-list"
UP, DOWN = "Control+ArrowUp", "Control+ArrowDown"


@pytest.fixture(scope="module")
def writer(browser: Browser, running: FakeServer) -> Iterator[Page]:
    """One page for all tests that only write; its box is empty and has the focus before each."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page threw {error}"))
    page.goto(running.url)
    page.wait_for_function("window.fooocusLite?.get('prompt') !== undefined")
    yield page
    page.context.close()


@pytest.fixture
def box(writer: Page) -> Page:
    writer.fill(PROMPT, "")
    writer.focus(PROMPT)
    return writer


def put(page: Page, marked: str, box: str = PROMPT) -> None:
    """Writes the text; bars in it are the ends of the selection, or the caret."""
    text, *places = marked.replace("|", ""), *[each.start() for each in re.finditer(r"\|", marked)]
    start = places[0]
    end = places[1] - 1 if len(places) > 1 else start
    page.fill(box, text)
    page.eval_on_selector(
        box, "(box, at) => { box.focus(); box.setSelectionRange(...at); }", [start, end]
    )


def marked(page: Page, box: str = PROMPT) -> str:
    """The text with bars at the ends of the selection, or at the caret."""
    return str(
        page.eval_on_selector(
            box,
            """box => {
                const [text, start, end] = [box.value, box.selectionStart, box.selectionEnd];
                const middle = start === end ? '|' : `|${text.slice(start, end)}|`;
                return text.slice(0, start) + middle + text.slice(end);
            }""",
        )
    )


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        ("a red ha|t", [UP], "a red (ha|t:1.05)"),
        ("a red ha|t", [UP, UP], "a red (ha|t:1.1)"),
        ("a red ha|t", [DOWN], "a red (ha|t:0.95)"),
        ("a red ha|t", [UP, DOWN], "a red ha|t"),
        ("a |red hat|, old", [UP], "a (|red hat|:1.05), old"),
        ("a |red hat|, old", [UP, UP, DOWN, DOWN], "a |red hat|, old"),
        ("a | red | hat", [UP], "a  (|red|:1.05)  hat"),
        ("(red| hat:1.3)", [UP], "(red| hat:1.35)"),
        ("|(red hat:1.3)|", [DOWN], "(|red hat|:1.25)"),
        ("(red |hat)", [UP], "(red |hat:1.15)"),
        ("((red| hat))", [UP], "((red| hat:1.15))"),
        ("(a (red|:1.2) hat:1.5)", [DOWN], "(a (red|:1.15) hat:1.5)"),
        (r"a cat\(s|\)", [UP], r"a cat\((s|:1.05)\)"),
        ("(open |red", [UP], "(open (|red:1.05)"),
        ("one\n(two\nthr|ee) four", [UP], "one\n(two\n(thr|ee:1.05)) four"),
        ("a hat|. next", [UP], "a (hat|:1.05). next"),
        ("a <lora:ink-|wash:0.8> b", [UP], "a <lora:ink-wash:0.85>| b"),
        ("a <lora:ink|-wash> b", [DOWN], "a <lora:ink-wash:0.95>| b"),
        ("red|) hat|", [UP], "red|) hat|"),
        ("a , | , b", [UP], "a , | , b"),
        ("|one\ntwo|", [UP], "|one\ntwo|"),
        ("(red:5|)", [UP], "(red|:5)"),
        ("(red|:0.03)", [DOWN], "(red|:0)"),
    ],
)
def test_control_with_an_arrow_changes_the_weight(box, before, keys, after):
    put(box, before)
    for key in keys:
        box.keyboard.press(key)
    assert marked(box) == after


def test_undo_takes_a_weight_back(box):
    put(box, "a red ha|t")
    box.keyboard.press(UP)
    box.keyboard.press("Control+z")
    expect(box.locator(PROMPT)).to_have_value("a red hat")


def test_the_weight_that_the_keys_wrote_is_what_is_asked(visit):
    page = visit()
    put(page, "a red |hat")
    page.keyboard.press(UP)
    page.keyboard.press("Control+Enter")
    wait_done(page)
    page.click(".fl-tile")
    expect(page.locator(".fl-words")).to_have_text("a red (hat:1.05)")


def test_alt_with_an_arrow_brings_back_earlier_prompts_and_the_unsent_one(visit):
    page = visit()
    for prompt in ("one", "two"):
        ask(page, prompt)
        page.wait_for_selector(BUSY)
        wait_done(page)
    page.reload()
    page.wait_for_function("window.fooocusLite?.get('prompt') !== undefined")
    box = page.locator(PROMPT)
    page.fill(PROMPT, "not sent yet")
    page.focus(PROMPT)
    for key, text in (
        ("ArrowUp", "two"), ("ArrowUp", "one"), ("ArrowUp", "one"),
        ("ArrowDown", "two"), ("ArrowDown", "not sent yet"), ("ArrowDown", "not sent yet"),
    ):  # fmt: skip
        page.keyboard.press(f"Alt+{key}")
        expect(box).to_have_value(text)


def test_a_prompt_that_was_just_sent_is_not_recalled_onto_itself(visit):
    page = visit()
    page.evaluate("localStorage.setItem('fooocus_lite_sent', JSON.stringify(['one', 'two']))")
    page.fill(PROMPT, "two")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(PROMPT)).to_have_value("one")


def test_a_damaged_list_of_prompts_is_an_empty_one(visit):
    page = visit()
    page.evaluate("localStorage.setItem('fooocus_lite_sent', '{\"a\": 1')")
    page.fill(PROMPT, "a hill")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(PROMPT)).to_have_value("a hill")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("a <", ["chalkboard", "ink-wash"]),
        ("a <lo", ["chalkboard", "ink-wash"]),
        ("a <lora:i", ["ink-wash"]),
        ("a <WASH", ["ink-wash"]),
        ("__", ["animals/pets", "color"]),
        ("__col", ["color"]),
        ("__color__ and __p", ["animals/pets"]),
        ("with embedding:", ["calm-hands"]),
        ("__color__", []),
        ("i <3 you", []),
        ("a < b", []),
        ("disembedding:c", []),
        ("<lora:ink-wash:", []),
    ],
)
def test_what_is_installed_is_offered_while_one_types(box, typed, offered):
    box.keyboard.type(typed)
    names = box.locator(f"{LIST} li span")
    expect(names).to_have_text(offered) if offered else expect(box.locator(LIST)).to_be_hidden()


@pytest.mark.parametrize(
    ("typed", "key", "written"),
    [
        ("a <", "Enter", "a <lora:chalkboard:1>|"),
        ("a <in", "Tab", "a <lora:ink-wash:1>|"),
        ("a __c", "Enter", "a __color__|"),
        ("embedding:", "Enter", "embedding:calm-hands|"),
        ("a <", "Escape", "a <|"),
    ],
)
def test_a_completion_is_taken_or_left_by_keys(box, typed, key, written):
    box.keyboard.type(typed)
    expect(box.locator(LIST)).to_be_visible()
    box.keyboard.press(key)
    expect(box.locator(LIST)).to_be_hidden()
    assert marked(box) == written


def test_arrows_move_through_the_completions_and_tell_screen_readers(box):
    box.keyboard.type("<")
    expect(box.locator(f'{LIST} li[aria-selected="true"] span')).to_have_text("chalkboard")
    box.keyboard.press("ArrowDown")
    chosen = box.locator(f'{LIST} li[aria-selected="true"]')
    expect(chosen.locator("span")).to_have_text("ink-wash")
    expect(box.locator(PROMPT)).to_have_attribute(
        "aria-activedescendant", str(chosen.get_attribute("id"))
    )
    expect(box.locator("#fl-completions [role=status]")).to_contain_text("2 suggestions")
    assert findings(box) == []
    box.keyboard.press("ArrowDown")
    expect(chosen.locator("span")).to_have_text("chalkboard")


def test_a_completion_is_taken_by_a_click_and_the_box_keeps_the_focus(box):
    box.keyboard.type("__")
    box.click(f"{LIST} li:has-text('color')")
    assert marked(box) == "__color__|"
    assert box.evaluate("document.activeElement.matches('#fl-prompt textarea')")


def test_a_list_left_with_escape_stays_away_until_the_next_name(box):
    box.keyboard.type("<")
    box.keyboard.press("Escape")
    box.keyboard.type("c")
    expect(box.locator(LIST)).to_be_hidden()
    box.keyboard.type(" __")
    expect(box.locator(LIST)).to_be_visible()


def test_the_completions_stay_inside_the_screen(box):
    box.keyboard.type("a long line of words " * 9 + "<")
    place = box.locator(LIST).bounding_box()
    assert place["x"] >= 0
    assert place["y"] >= 0
    assert place["x"] + place["width"] <= 1280
    assert place["y"] + place["height"] <= 800


def test_the_keys_are_shown_and_keep_the_focus_until_escape(box):
    box.keyboard.press("Shift+?")
    keys = box.locator(".fl-keys")
    expect(keys).to_be_visible()
    expect(keys).to_contain_text("Earlier prompts")
    for _ in range(3):
        box.keyboard.press("Tab")
        assert box.evaluate("!document.activeElement.closest('.gradio-container')")
    assert findings(box) == []
    box.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    expect(box.locator(PROMPT)).to_have_value("")
    box.click("[data-keys]")
    expect(keys).to_be_visible()
    box.keyboard.press("Escape")


def test_a_question_mark_in_a_text_is_a_question_mark(box):
    box.keyboard.type("who?")
    expect(box.locator(".fl-keys")).to_have_count(0)
    expect(box.locator(PROMPT)).to_have_value("who?")


def test_what_the_model_was_asked_is_one_click_away(visit):
    page = visit()
    ask(page, "<b>a hill</b>")
    wait_done(page)
    page.click(".fl-tile")
    asked = page.locator(".fl-asked pre")
    expect(asked).to_be_hidden()
    page.click(".fl-asked summary")
    expect(asked).to_be_visible()
    expect(asked).to_contain_text("<b>a hill</b>")
    expect(asked).to_contain_text("Scheduler: euler\nSteps: 12\nGuidance: 3\nSeed: 1000")


def test_the_tokens_are_counted_while_one_types(box):
    tokens = box.locator(".fl-tokens")
    box.keyboard.type("a red hat")
    expect(tokens).to_have_text("3 / 75 tokens")
    expect(tokens).to_have_attribute("data-fill", "ok")
    box.fill(PROMPT, "word " * 70)
    expect(tokens).to_have_text("70 / 75 tokens")
    expect(tokens).to_have_attribute("data-fill", "near")
    expect(tokens).to_have_attribute("title", "CLIP-L: 70 of 75")
    box.fill(PROMPT, "word " * 80)
    expect(tokens).to_have_text("80 tokens, 2 parts")
    expect(tokens).to_have_attribute("data-fill", "over")
    expect(box.locator("#fl-note [role=status]")).to_have_text("The prompt is read in 2 parts.")
    assert findings(box) == []
    box.fill(PROMPT, "")
    expect(tokens).to_be_hidden()


def test_fast_typing_asks_once_not_at_every_key(box):
    asked: list[str] = []
    box.on("request", lambda request: asked.append(request.method))
    box.keyboard.type("a long prompt that somebody types fast without a rest")
    expect(box.locator(".fl-tokens")).to_have_text("10 / 75 tokens")
    assert asked.count("POST") <= 4


def test_what_enhance_adds_is_shown_in_grey_and_goes_with_one_click(visit):
    page = visit()
    page.evaluate("document.dispatchEvent(new CustomEvent('fl:style', { detail: 'Enhance' }))")
    page.fill(PROMPT, "a fox")
    added = page.locator(".fl-added")
    expect(added).to_contain_text("Enhance adds, for example: soft window light, fine detail")
    open_panel(page, "advanced")
    page.fill("#fl-seed input, #fl-seed textarea", "7")
    expect(added).to_contain_text("Enhance adds: soft window light, fine detail")
    assert findings(page) == []
    page.click(".fl-added button")
    expect(added).to_be_hidden()
    expect(page.locator(".fl-chip")).to_have_text(["Watercolor×"])


def test_a_prompt_is_put_together_from_blocks_the_model_understands(box):
    kinds, words = box.locator(".fl-kinds button"), box.locator(".fl-words-of-kind button")
    expect(kinds).to_have_text(["Examples", "Subject", "Place", "Light", "Mood"])
    box.click(".fl-kinds button:has-text('Subject')")
    expect(words).to_have_text(["a cat", "a red car"])
    expect(box.locator(".fl-examples")).to_be_hidden()
    words.nth(0).click()
    expect(box.locator(PROMPT)).to_have_value("a cat")
    expect(box.locator(".fl-kinds [aria-pressed=true]")).to_have_text("Place")
    box.keyboard.press("Enter")
    expect(box.locator(PROMPT)).to_have_value("a cat, in the forest")
    assert findings(box) == []
    box.click(".fl-kinds button:has-text('Subject')")
    words.nth(1).click()
    expect(box.locator(PROMPT)).to_have_value("a red car, in the forest")
    box.focus(PROMPT)
    box.keyboard.type("!")
    expect(box.locator(".fl-blocks")).to_be_hidden()
    box.fill(PROMPT, "")
    expect(box.locator(".fl-kinds [aria-pressed=true]")).to_have_text("Examples")
    expect(box.locator(".fl-examples")).to_be_visible()


def test_a_prompt_in_several_styles_grows_on_the_stage_and_a_click_takes_one(visit):
    page = visit()
    expect(page.locator("#fl-twelve")).to_be_hidden()
    page.fill(PROMPT, "a slow hill")
    expect(page.locator("#fl-twelve")).to_have_text("In 12 styles")
    page.click("#fl-twelve")
    tiles = page.locator(".fl-try")
    expect(tiles).to_have_count(6)
    page.wait_for_selector(".fl-try canvas", state="visible")
    expect(page.locator(".fl-caption").nth(1)).to_have_text("Brass")
    page.reload()
    expect(page.locator(".fl-try img")).to_have_count(1, timeout=20_000)
    expect(page.locator(".fl-strip")).to_be_hidden()
    assert findings(page) == []
    page.click("#fl-stop")
    page.wait_for_selector('.fl-stage[data-state="cancelled"]')

    page.locator(".fl-try .fl-tile").nth(0).click()
    expect(page.locator(".fl-message p")).to_contain_text(
        "Watercolor is chosen, with the seed of this picture."
    )
    expect(page.locator(".fl-tile[aria-pressed=true]")).to_have_count(1)
    expect(page.locator(".fl-chip")).to_have_text(["Watercolor×"])
    expect(page.locator("#fl-seed input, #fl-seed textarea")).to_have_value("1000")
    expect(page.locator(PROMPT)).to_have_value("a slow hill")
    page.locator(".fl-larger").nth(0).click()
    expect(page.locator(".fl-viewer")).to_be_visible()


def test_chosen_styles_are_the_ones_on_the_sheet(visit):
    page = visit()
    open_panel(page, "styles")
    page.click('.fl-card[data-name="Noir"]')
    page.click('.fl-card[data-name="Enhance"]')
    page.fill(PROMPT, "a hill")
    expect(page.locator("#fl-twelve")).to_have_text("In these 2 styles")
    page.click("#fl-twelve")
    wait_done(page)
    expect(page.locator(".fl-caption")).to_have_text(["Watercolor", "Noir"])
    page.locator(".fl-try .fl-tile").nth(1).click()
    expect(page.locator(".fl-chip")).to_have_text(["Enhance×", "Noir×"])
    ask(page, "a hill again")
    page.wait_for_selector(BUSY)
    wait_done(page)
    expect(page.locator(".fl-try")).to_have_count(0)
    expect(page.locator(".fl-tile")).to_have_count(1)
    expect(page.locator(".fl-strip .fl-thumb")).to_have_count(2)


def test_a_phone_has_the_blocks_the_completions_and_the_sheet_in_reach(visit):
    page = visit(**PHONE)
    page.tap(".fl-kinds button:has-text('Mood')")
    page.tap(".fl-words-of-kind button >> nth=0")
    page.fill(PROMPT, "a slow cat __")
    page.tap(f"{LIST} li >> nth=1")
    expect(page.locator(PROMPT)).to_have_value("a slow cat __color__")
    page.tap("#fl-twelve")
    page.wait_for_selector(".fl-try canvas", state="visible")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.tap("#fl-stop")
