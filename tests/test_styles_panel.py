"""What a style card is told to show."""

import os

from ui_fake import FakeStudio

from fooocus_lite.settings import Settings
from fooocus_lite.supplies import library
from fooocus_lite.thinking.styles import Style
from fooocus_lite.ui.styles_panel import LOOKS, MOTIFS, pictures_made, shown_styles, style_cards
from fooocus_lite.ui.widgets.asset import asset


def studio_at(home, *styles: Style) -> FakeStudio:
    studio = FakeStudio(Settings(home=home, output_path=home / "outputs"))
    studio.stock.styles = {style.name: style for style in styles}
    return studio


def test_every_motif_is_drawn_and_every_shipped_category_has_its_own(tmp_path):
    drawing = asset("assets/styles.css")
    studio = studio_at(tmp_path)
    studio.stock.styles = library.read(studio.settings).styles
    cards = style_cards(studio)
    assert {card["category"] for card in cards} == {*LOOKS, "Magic"}
    assert len(set(MOTIFS)) == len(LOOKS)
    for motif in {card["motif"] for card in cards}:
        assert f'[data-motif="{motif}"]' in drawing


def test_a_category_people_added_has_a_look_that_stays(tmp_path):
    styles = [Style(name=name, category="My own") for name in ("One", "Two")]
    first = style_cards(studio_at(tmp_path, *styles))
    assert first == style_cards(studio_at(tmp_path, *styles))
    assert len({card["motif"] for card in first}) == 1
    assert all(0 <= card["hue"] < 360 and 0 <= card["turn"] < 360 for card in first)


def test_cards_with_a_picture_say_since_when(tmp_path):
    studio = studio_at(tmp_path, Style(name="Ink"), Style(name="Brass"))
    folder = tmp_path / "styles" / "thumbnails"
    folder.mkdir(parents=True)
    (folder / "ink.webp").write_bytes(b"picture")
    os.utime(folder / "ink.webp", (7, 7))
    assert pictures_made(studio) == {"Ink": 7}


def test_a_model_of_few_words_limits_what_is_shown(tmp_path):
    studio = studio_at(tmp_path, Style(name="Ink"), Style(name="Brass"))
    preset = studio.stock.presets["starter"]
    assert shown_styles(studio, preset) is None
    (tmp_path / "shown_styles.txt").write_text("Ink\n")
    assert shown_styles(studio, preset) == ["Ink"]
