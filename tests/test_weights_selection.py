"""Which files of a repository are wanted, and which lists of files are not trusted."""

import pytest

from fooocus_lite.errors import BadRequest, UnknownName, WeightsError
from fooocus_lite.weights import selection
from fooocus_lite.weights.repository import RemoteFile, Repository
from fooocus_lite.weights.selection import Wanted

INDEX = {
    "_class_name": "StableDiffusionXLPipeline",
    "_diffusers_version": "0.42.1",
    "force_zeros_for_empty_prompt": True,
    "feature_extractor": [None, None],
    "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
}
TEXTS = [
    "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
    "tokenizer/merges.txt", "tokenizer/vocab.json", "tokenizer/chat_template.jinja",
    "tokenizer/spiece.model", "unet/config.json",
]  # fmt: skip
ENCODER, UNET = "text_encoder/model", "unet/diffusion_pytorch_model"


def repository(*paths: str, size: int = 10) -> Repository:
    files = tuple(RemoteFile(path, size, f"{place:064x}") for place, path in enumerate(paths))
    return Repository("owner/name", "a" * 40, files, "mit", False, "https://hub/owner/name")


def chosen(*paths: str, variant: str | None = "fp16") -> set[str]:
    found = repository(*TEXTS, *paths)
    return {file.path for file in selection.pipeline(found, INDEX, Wanted(variant))} - set(TEXTS)


PLAIN = {f"{ENCODER}.safetensors", f"{UNET}.safetensors"}
FP16 = {f"{ENCODER}.fp16.safetensors", f"{UNET}.fp16.safetensors"}


@pytest.mark.parametrize(
    ("there", "variant", "taken"),
    [
        (PLAIN, "fp16", PLAIN),
        (PLAIN | FP16, "fp16", FP16),
        (PLAIN | FP16, None, PLAIN),
        (FP16, None, FP16),
        (PLAIN | FP16, "bf16", PLAIN),
        (PLAIN | {f"{UNET}.fp16.safetensors"}, "fp16",
         {f"{ENCODER}.safetensors", f"{UNET}.fp16.safetensors"}),
        (PLAIN | {f"{UNET}.non_ema.safetensors"}, "fp16", PLAIN),
        (PLAIN | {"unet/another.safetensors"}, None, PLAIN),
    ],
)  # fmt: skip
def test_each_part_comes_in_the_variant_or_plain(
    there: set[str], variant: str | None, taken: set[str]
) -> None:
    assert chosen(*sorted(there), variant=variant) == taken


def test_every_config_and_tokenizer_file_comes_and_the_index_first() -> None:
    found = repository(*reversed(TEXTS), *PLAIN)
    files = [file.path for file in selection.pipeline(found, INDEX, Wanted())]
    assert set(TEXTS) < set(files)
    assert files[0] == "model_index.json"


@pytest.mark.parametrize(
    "other",
    ["unet/diffusion_pytorch_model.bin", "unet/model.onnx", "unet/code.py", "unet/model.pkl",
     "text_encoder/pytorch_model.bin", "text_encoder/flax_model.msgpack", "sdxl.safetensors",
     "sdxl.ckpt", "vae_1_0/diffusion_pytorch_model.safetensors", "assets/picture.png",
     "unet/deep/diffusion_pytorch_model.safetensors", "safety_checker/model.safetensors"],
)  # fmt: skip
def test_what_no_part_needs_stays_there(other: str) -> None:
    assert chosen(*PLAIN, other) == PLAIN


def test_the_card_and_the_licence_come_along() -> None:
    cards = {"README.md", "LICENSE.md", "LICENSE"}
    assert chosen(*PLAIN, *cards, "LICENSE.pdf", "docs/README.md") == PLAIN | cards


def shards(stem: str, variant: str = "") -> set[str]:
    index = f"{stem}.safetensors.index{variant}.json"
    return {index, *(f"{stem}{variant}-0000{place}-of-00002.safetensors" for place in (1, 2))}


@pytest.mark.parametrize(
    ("unet", "variant", "taken"),
    [
        (shards(UNET), "fp16", shards(UNET)),
        (shards(UNET) | shards(UNET, ".fp16"), "fp16", shards(UNET, ".fp16")),
        (shards(UNET) | shards(UNET, ".fp16"), None, shards(UNET)),
        (shards(UNET) | {f"{UNET}.safetensors"}, None, {f"{UNET}.safetensors"}),
        (shards(UNET) | {f"{UNET}.fp16.safetensors"}, "fp16", {f"{UNET}.fp16.safetensors"}),
    ],
)
def test_shards_come_all_with_their_own_index(
    unet: set[str], variant: str | None, taken: set[str]
) -> None:
    encoder = f"{ENCODER}.safetensors"
    assert chosen(encoder, *sorted(unet), variant=variant) == taken | {encoder}


def test_only_the_configs_can_be_wanted() -> None:
    found = repository(*TEXTS, *PLAIN, "README.md", f"{UNET}.safetensors.index.json")
    files = selection.pipeline(found, INDEX, Wanted(is_config_only=True))
    assert {file.path for file in files} == {*TEXTS, "README.md"}


def test_a_missing_shard_is_said() -> None:
    with pytest.raises(WeightsError, match="“unet” of owner/name lacks 1 of its files"):
        chosen(f"{ENCODER}.safetensors", f"{UNET}-00002-of-00002.safetensors")


def test_a_part_that_is_only_a_pickle_is_said() -> None:
    with pytest.raises(WeightsError, match="“unet” of owner/name is only there as a pickle"):
        chosen(f"{ENCODER}.safetensors", f"{UNET}.bin", f"{UNET}.fp16.bin")


def test_a_part_without_files_is_said() -> None:
    without = [path for path in TEXTS if not path.startswith("scheduler")]
    found = repository(*without, *PLAIN)
    with pytest.raises(WeightsError, match="no files for its part “scheduler”"):
        selection.pipeline(found, INDEX, Wanted())


def test_a_part_with_code_of_its_own_is_refused() -> None:
    found = repository(*TEXTS, *PLAIN)
    with pytest.raises(WeightsError, match="code of its own for “unet”"):
        selection.pipeline(found, {**INDEX, "unet": ["my_unet", "Surprise"]}, Wanted())


def test_a_part_whose_name_is_a_path_is_refused() -> None:
    with pytest.raises(WeightsError, match=r"owner/name names a part '\.\./x'"):
        selection.pipeline(repository(*TEXTS, *PLAIN), {"../x": ["diffusers", "UNet"]}, Wanted())


@pytest.mark.parametrize(
    "path",
    ["../evil.json", "unet/../../evil.json", "/etc/passwd", "unet//x.json", "./x.json", "",
     "unet\\x.json", "..\\x.json", "C:/x.json", "c:x.json", "unet/"],
)  # fmt: skip
def test_a_list_with_a_file_outside_its_folder_is_refused(path: str) -> None:
    with pytest.raises(WeightsError, match="outside its folder"):
        selection.check_listing(repository(*TEXTS, path))


def test_a_list_that_names_a_file_twice_is_refused() -> None:
    with pytest.raises(WeightsError, match="twice"):
        selection.check_listing(repository("a.json", "a.json"))


@pytest.mark.parametrize("size", [-1, 2**60])
def test_a_list_with_an_absurd_size_is_refused(size: int) -> None:
    with pytest.raises(WeightsError, match="claims to have"):
        selection.check_listing(repository("a.json", size=size))


def test_a_list_of_endless_length_is_refused() -> None:
    with pytest.raises(WeightsError, match="files"):
        selection.check_listing(repository(*map(str, range(selection.MAX_FILES + 1))))


@pytest.mark.parametrize(
    "path",
    [
        "a:b.safetensors",
        "con.safetensors",
        "a\x00.safetensors",
        "a?/x.safetensors",
        "a /x.safetensors",
        "a\x7f.safetensors",
        "a\u202e.safetensors",
        "a\ud800.safetensors",
        f"{'x' * 250}.safetensors",
        f"{'漢' * 80}.safetensors",
        f"{'long/' * 300}x.safetensors",
    ],
)
def test_a_name_that_not_every_disk_can_hold_is_refused(path: str) -> None:
    with pytest.raises(WeightsError, match="no disk can hold"):
        selection.single(repository(path), [path])


def test_two_wanted_files_that_differ_only_in_case_are_refused() -> None:
    with pytest.raises(WeightsError, match="only in case"):
        selection.single(
            repository("a.safetensors", "A.safetensors"), ["a.safetensors", "A.safetensors"]
        )


def test_a_single_file_needs_no_index() -> None:
    found = repository("lora/ink.safetensors", "README.md")
    (file,) = selection.single(found, ["lora/ink.safetensors"])
    assert file.path == "lora/ink.safetensors"


def test_a_pickle_is_not_downloaded_and_its_better_twin_is_named() -> None:
    found = repository("ink.ckpt", "ink.safetensors")
    with pytest.raises(WeightsError, match=r"pickle.*Take ink\.safetensors instead"):
        selection.single(found, ["ink.ckpt"])


def test_a_mistyped_file_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"ink\.safetensors"):
        selection.single(repository("ink.safetensors"), ["imk.safetensors"])


def test_code_is_no_weights_file() -> None:
    with pytest.raises(BadRequest, match=r"\.safetensors"):
        selection.single(repository("run.py"), ["run.py"])


@pytest.mark.parametrize(
    ("names", "variant"),
    [
        (["unet/diffusion_pytorch_model.safetensors"], ""),
        (["vae/diffusion_pytorch_model.safetensors", "unet/model.fp16.safetensors"], "fp16"),
        (["transformer/model-00001-of-00002.safetensors"], ""),
        (["transformer/model.fp16-00001-of-00002.safetensors"], "fp16"),
        (["transformer/model-00001-of-00002.bf16.safetensors"], "bf16"),
        ([], ""),
    ],
)
def test_the_names_of_weights_tell_their_variant(names: list[str], variant: str) -> None:
    assert selection.variant_of(names) == variant


def test_a_file_that_no_disk_can_hold_is_not_named_as_the_way_out() -> None:
    found = repository("\x1b[2J.safetensors", "good.safetensors")
    with pytest.raises(UnknownName) as caught:
        selection.single(found, ["god.safetensors"])
    assert "good.safetensors" in caught.value.message
    assert "\x1b" not in caught.value.message
