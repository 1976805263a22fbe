"""Token counts: those of the real tokenizers, in the chunks that the engine makes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tiny
from diffusers import StableDiffusionXLPipeline
from transformers import AutoTokenizer, CLIPTokenizer

from fooocus_lite.engine.conditions import Conditions
from fooocus_lite.errors import WeightsError
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.settings import load
from fooocus_lite.supplies.stock import Stock
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.weights import tokens
from fooocus_lite.weights.tokens import TokenCount

SDXL = FAMILIES["sdxl"]
TEXTS = (
    "a red cat",
    "A Cat's l'été, naïve café ﬁne",
    "🙂🙂 👩‍👩‍👧 emoji",
    "שלום עולם مرحبا",
    "日本語のテキスト",
    "1234 10% <b>&amp;</b> ___ ---",
    "<|endoftext|> x<|startoftext|>",
    "",
)


def count(folder: Path, text: str, **files: Path) -> list[tuple[str, int, int, int]]:
    found = tokens.counts(folder, SDXL, text, files)
    return [(each.encoder, each.tokens, each.limit, each.chunks) for each in found]


@pytest.mark.parametrize(
    ("text", "size", "chunks"),
    [
        ("", 0, 1),
        ("abc", 3, 1),
        ("(a:1.5) [b] \\(", 3, 1),
        ("a <lora:ink:0.5>", 1, 1),
        ("a __b__", 6, 1),
        ("ab BREAK c", 3, 2),
        ("ab\nc", 3, 2),
        ("a " * 75, 75, 1),
        ("a " * 76, 76, 2),
        ("a" * 80, 80, 2),
    ],
)
def test_words_count_and_syntax_does_not(
    tiny_model: Path, text: str, size: int, chunks: int
) -> None:
    assert count(tiny_model, text) == [
        ("CLIP-L", size, 75, chunks),
        ("CLIP-G", size, 75, chunks),
    ]


def test_a_lora_tag_with_a_weight_that_is_not_allowed_counts_as_text(tiny_model: Path) -> None:
    assert count(tiny_model, "<lora:a:9>")[0][1] == len("<lora:a:9>")


def test_an_embedding_counts_as_its_vectors(tiny_model: Path, tmp_path: Path) -> None:
    file = tiny.build_embedding(tmp_path / "Calm.safetensors", {"clip_l": 32, "clip_g": 64}, 4)
    assert count(tiny_model, "a embedding:calm", Calm=file)[1] == ("CLIP-G", 5, 75, 1)
    assert count(tiny_model, "a embedding:cal", Calm=file)[1] == ("CLIP-G", 1, 75, 1)


@pytest.mark.parametrize("words", [5, 40, 130])
def test_the_chunks_are_the_windows_that_the_engine_encodes(tiny_model: Path, words: int) -> None:
    prompt = " ".join(f"(w{number}:1.1) of" for number in range(words)) + "\nand BREAK more"
    recipe = Recipe(
        model="tiny",
        family="sdxl",
        prompt=prompt,
        num_inference_steps=1,
        guidance_scale=1.0,
        scheduler="euler",
        width=64,
        height=64,
        seed=1,
        request=ImageRequest(prompt="a"),
    )
    pipeline = StableDiffusionXLPipeline.from_pretrained(tiny_model)
    encoded = Conditions(pipeline, SDXL).arguments(recipe)["prompt_embeds"]
    assert encoded.shape[1] == 77 * count(tiny_model, prompt)[0][3]


@pytest.fixture
def bare_tokenizer(starter: Path, tmp_path: Path) -> Path:
    """The starter's CLIP tokenizer as older models have it: vocab.json and merges.txt alone."""
    whole = json.loads((starter / "tokenizer" / "tokenizer.json").read_text(encoding="utf-8"))
    folder = tmp_path / "model" / "tokenizer"
    folder.mkdir(parents=True)
    model = whole["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]), encoding="utf-8")
    merges = [each if isinstance(each, str) else " ".join(each) for each in model["merges"]]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]), encoding="utf-8")
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize("text", TEXTS)
def test_both_kinds_of_file_count_as_transformers_does(
    starter: Path, bare_tokenizer: Path, text: str
) -> None:
    theirs: Any = CLIPTokenizer.from_pretrained(bare_tokenizer)
    expected = len(theirs(text, add_special_tokens=False).input_ids)
    assert len(AutoTokenizer.from_pretrained(starter / "tokenizer").tokenize(text)) == expected
    for folder in (starter, bare_tokenizer.parent):
        assert count(folder, text)[0] == ("CLIP-L", expected, 75, 1)


def test_a_tokenizer_of_an_unknown_kind_is_left_out(bare_tokenizer: Path) -> None:
    (bare_tokenizer / "tokenizer_config.json").write_text('{"tokenizer_class": "Qwen2Tokenizer"}')
    assert count(bare_tokenizer.parent, "a cat") == []


@pytest.mark.parametrize("name", ["tokenizer.json", "merges.txt"])
def test_a_damaged_tokenizer_is_a_sentence(bare_tokenizer: Path, name: str) -> None:
    (bare_tokenizer / name).write_text("{one two three")
    with pytest.raises(WeightsError, match="cannot be read"):
        count(bare_tokenizer.parent, "a cat")


def test_encoders_that_read_sentences_have_one_chunk_and_their_own_limit(tiny_model: Path) -> None:
    found = tokens.counts(tiny_model, FAMILIES["z-image"], "(a:1.2)\n" + "b " * 99, {})
    assert found == (TokenCount("Qwen3", len("a,") + 99, 510, 1),)


def test_the_stock_counts_for_models_that_are_here(home: Path, starter: Path) -> None:
    shutil.copytree(starter / "tokenizer", home / "models" / "mine" / "tokenizer")
    index = {"_class_name": "StableDiffusionXLPipeline"}
    (home / "models" / "mine" / "model_index.json").write_text(json.dumps(index))
    stock = Stock(load({"home": home}))
    assert [each.encoder for each in stock.token_counts("starter", "a cat")] == ["CLIP-L", "CLIP-G"]
    assert [each.encoder for each in stock.token_counts("mine", "a cat")] == ["CLIP-L"]
    assert stock.token_counts("nowhere", "a cat") == ()
    shutil.rmtree(home / "models" / "mine")
    assert stock.token_counts("mine", "a cat") == ()


def test_counting_needs_neither_torch_nor_transformers(starter: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from fooocus_lite.weights import tokens; "
        "from fooocus_lite.thinking.families import STARTER; "
        f"print(len(tokens.counts(Path({str(starter)!r}), STARTER, 'a cat', {{}})), "
        "bool({'torch', 'transformers', 'diffusers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "False"]
