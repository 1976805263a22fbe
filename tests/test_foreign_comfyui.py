"""ComfyUI's graphs: the plain one is understood, any other is said to be none."""

import copy
import time

import pytest

from fooocus_lite.recipe import LoRA
from fooocus_lite.thinking.emphasis import conditions
from fooocus_lite.thinking.foreign.comfyui import is_comfyui, read
from fooocus_lite.thinking.foreign.samplers import BY_PAIR, ours
from fooocus_lite.thinking.schedulers import SCHEDULERS

GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 156680208700286, "steps": 20, "cfg": 8.0, "sampler_name": "euler",
            "scheduler": "normal", "denoise": 1.0, "model": ["11", 0], "positive": ["6", 0],
            "negative": ["7", 0], "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "XL/base.safetensors"}},
    "5": {"class_type": "EmptyLatentImage",
          "inputs": {"width": 512, "height": 768, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox in snow", "clip": ["11", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "text, watermark", "clip": ["11", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}},
    "10": {
        "class_type": "LoraLoader",
        "inputs": {"lora_name": "ink.safetensors", "strength_model": 0.8, "strength_clip": 1.0,
                   "model": ["4", 0], "clip": ["4", 1]},
    },
    "11": {
        "class_type": "LoraLoader",
        "inputs": {"lora_name": "a\\wash.safetensors", "strength_model": 0.5, "strength_clip": 1.0,
                   "model": ["10", 0], "clip": ["10", 1]},
    },
}  # fmt: skip


def changed(node: str, **inputs: object) -> dict:
    graph = copy.deepcopy(GRAPH)
    graph[node]["inputs"] |= inputs
    return graph


def with_node(name: str, class_type: str, **inputs: object) -> dict:
    return {**copy.deepcopy(GRAPH), name: {"class_type": class_type, "inputs": inputs}}


def test_the_plain_graph_is_understood():
    assert is_comfyui(GRAPH)
    found = read(GRAPH)
    assert found.model_dump(exclude_defaults=True) == {
        "source": "ComfyUI",
        "prompt": "a fox in snow",
        "negative_prompt": "text, watermark",
        "model": "XL/base.safetensors",
        "width": 512,
        "height": 768,
        "seed": 156680208700286,
        "num_inference_steps": 20,
        "guidance_scale": 8.0,
        "scheduler": "euler",
        "loras": ({"name": "ink", "weight": 0.8}, {"name": "wash", "weight": 0.5}),
    }


def test_other_forms_of_the_same_graph():
    graph = with_node("12", "PrimitiveStringMultiline", value="a red fox")
    graph["6"]["inputs"]["text"] = ["12", 0]
    graph["3"]["class_type"] = "KSamplerAdvanced"
    graph["3"]["inputs"] |= {"noise_seed": 5, "start_at_step": 0, "end_at_step": 10000}
    graph["7"] = {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["6", 0]}}
    found = read(graph)
    assert (found.prompt, found.negative_prompt, found.seed) == ("a red fox", "", 5)
    assert found.notes == ()


def test_what_means_something_else_here_is_written_our_way():
    found = read(changed("6", text="a [soft] fox,\nin \\[snow\\] (deep:1.2)"))
    assert found.prompt == r"a \[soft\] fox, in \[snow\] (deep:1.2)"
    (line,) = conditions(found.prompt)
    assert (
        "".join(piece.text for chunk in line for piece in chunk) == "a [soft] fox, in [snow] deep"
    )


def test_what_the_graph_does_beside_is_named():
    graph = with_node("12", "FreeU_V2", model=["4", 0], b1=1.3)
    graph["10"]["inputs"]["model"] = ["12", 0]
    graph["13"] = {"class_type": "UltimateSDUpscale", "inputs": {}}
    graph["5"]["inputs"]["batch_size"] = 4
    graph["3"]["inputs"]["sampler_name"] = "restart"
    found = read(graph)
    assert found.loras == (LoRA(name="ink", weight=0.8), LoRA(name="wash", weight=0.5))
    said = " ".join(found.notes)
    for name in ("FreeU_V2", "UltimateSDUpscale", "batch size: 4", "restart / normal"):
        assert name in said


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        ({"1": {"class_type": "LoadImage", "inputs": {}}}, "no plain samplers"),
        (with_node("20", "KSampler"), "2 plain samplers"),
        (changed("3", latent_image=["4", 0]), "empty picture"),
        (changed("3", latent_image=["99", 0]), "empty picture"),
        (changed("3", latent_image="5"), "empty picture"),
        (changed("3", latent_image=[["5"], 0]), "empty picture"),
        (changed("3", positive=["8", 0]), "more than a text encoder"),
        (changed("3", negative=["8", 0]), "more than a text encoder"),
        (changed("6", text=["8", 0]), "its text comes from VAEDecode"),
        (changed("6", text=["nowhere", 0]), "its text comes from nothing"),
        (changed("10", model=["11", 0]), "circle"),
        (changed("10", model=["3", 0]), "circle"),
        (changed("10", model=None), "loads no checkpoint"),
        ({**GRAPH, "4": {"class_type": ["x"], "inputs": {}}}, "loads no checkpoint"),
        ({**GRAPH, "4": {"class_type": "x", "inputs": [1]}}, "loads no checkpoint"),
        ({str(place): GRAPH["3"] for place in range(5_001)}, "5,001 nodes"),
    ],
)
def test_any_other_graph_is_said_to_be_one(graph, reason):
    found = read(graph)
    assert found.is_empty
    (note,) = found.notes
    assert note.startswith("This ComfyUI graph is not a plain text-to-image graph: ")
    assert reason in note


@pytest.mark.parametrize(
    ("node", "inputs", "says"),
    [
        ("3", {"seed": 2**64 - 1}, "18446744073709551615"),
        ("3", {"steps": True}, "steps: True"),
        ("3", {"cfg": float("nan")}, "cfg: nan"),
        ("3", {"sampler_name": {"a": 1}}, "sampler"),
        ("3", {"denoise": 0.5}, "denoise: 0.5"),
        ("5", {"width": 10**9}, "width: 1000000000"),
        ("6", {"text": 5}, "prompt: 5"),
        ("4", {"ckpt_name": 5}, "model: 5"),
        ("10", {"strength_model": "much"}, "LoRA ink: much"),
        ("10", {"lora_name": None}, "LoRA None"),
    ],
)
def test_wrong_values_become_notes(node, inputs, says):
    assert says in " ".join(read(changed(node, **inputs)).notes)


def test_a_long_chain_is_walked_quickly():
    graph = copy.deepcopy(GRAPH)
    for place in range(100, 4_900):
        graph[str(place)] = {"class_type": "LoraLoader", "inputs": {
            "lora_name": "x", "strength_model": 1, "model": [str(place + 1), 0]}}  # fmt: skip
    graph["4899"]["inputs"]["model"] = ["4", 0]
    graph["10"]["inputs"]["model"] = ["100", 0]
    before = time.perf_counter()
    assert len(read(graph).loras) == 10
    assert time.perf_counter() - before < 2


@pytest.mark.parametrize("pair", BY_PAIR)
def test_every_pair_means_a_scheduler_of_ours(pair):
    assert BY_PAIR[pair] in SCHEDULERS


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_is_found_by_its_label_and_its_own_name(name):
    assert ours(SCHEDULERS[name].a1111) == name
    assert ours(name) == name


@pytest.mark.parametrize(
    ("sampler", "schedule", "name"),
    [
        ("DPM++ 2M", "Karras", "dpmpp_2m_karras"),
        ("DPM++ 2M Karras", "karras", "dpmpp_2m_karras"),
        ("Euler a", "Automatic", "euler_a"),
        ("dpmpp_2m_sde_gpu", "karras", "dpmpp_2m_sde_karras"),
        ("uni_pc", "normal", "unipc"),
        ("euler", "exponential", None),
        ("DPM adaptive", "", None),
        ("", "", None),
    ],
)
def test_labels_and_pairs(sampler, schedule, name):
    assert ours(sampler, schedule) == name
