"""Loading a checkpoint of 2 GB, against reading its bytes into the same device's memory.

The checkpoint is a full-size Stable Diffusion 1.5 with random weights, made in a temporary folder.
Ours ends when every page of every weight has been touched on the device. Both find the files in the
system's file cache. Weights stored in another number format than this machine computes in have to
be converted as well.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs
from benchmarks.pairs import Cost, Result

TARGET = 1.3
CHUNK_BYTES = 16 * 2**20
PAGE_BYTES = 4096


def main() -> int:
    """Load and read in turn, report the ratio."""
    options = _options()
    load = pairs.load_average()
    from fooocus_lite.engine import hardware, pipelines
    from fooocus_lite.thinking import memory
    from fooocus_lite.thinking.costs import native_picture
    from fooocus_lite.thinking.families import FAMILIES
    from fooocus_lite.weights import sizes, verify

    family = FAMILIES["sd15"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        facts = hardware.facts()
        _make(folder, options.stored)
        plan = memory.plans(facts, sizes.of_folder(folder), native_picture(family))[0]
        files = verify.weight_files(folder)

        def ours() -> Cost:
            began = _now()
            pipeline = pipelines.load(folder, family, plan, lambda _done, _total: None)
            _touch(pipeline)
            return _since(began)

        def bare() -> Cost:
            began = _now()
            kept = [_read(file, plan.device) for file in files]
            cost = _since(began)
            del kept
            return cost

        ours()
        measured = pairs.interleave(ours, bare, options.runs)
        size = sum(file.stat().st_size for file in files)
    ratio = pairs.ratios(measured)
    return pairs.report(
        Result(
            benchmark="load_checkpoint",
            target=f"at most {TARGET} times as long as reading the bytes",
            is_met=ratio.median <= TARGET,
            figures={
                "ratio": ratio,
                "ratio_of_core_seconds": pairs.ratios(measured, "cpu_s"),
                "loading_s": pairs.spread([pair.ours.wall_s for pair in measured]),
                "reading_s": pairs.spread([pair.theirs.wall_s for pair in measured]),
                "checkpoint_gb": size / 1e9,
            },
            settings={"plan": plan.label, "stored": options.stored},
            load_average=(load, pairs.load_average()),
        )
    )


def _make(folder: Path, stored: str) -> None:
    """A model of Stable Diffusion 1.5's sizes; random numbers take as long to read as trained."""
    import diffusers
    import torch
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.disable_progress_bar()
        library.utils.logging.set_verbosity_error()
    torch.manual_seed(0)
    tokenizer = transformers.CLIPTokenizer(vocab={"<|startoftext|>": 0, "<|endoftext|>": 1})
    with torch.device("meta"):
        parts: dict[str, Any] = {
            "unet": diffusers.UNet2DConditionModel(cross_attention_dim=768),
            "vae": diffusers.AutoencoderKL(
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
                block_out_channels=(128, 256, 512, 512),
                layers_per_block=2,
            ),
            "text_encoder": transformers.CLIPTextModel(
                transformers.CLIPTextConfig(
                    hidden_size=768,
                    intermediate_size=3072,
                    num_attention_heads=12,
                    bos_token_id=0,
                    eos_token_id=1,
                )
            ),
        }
    for part in parts.values():
        part.to_empty(device="cpu").to(getattr(torch, stored))
        for value in part.parameters():
            torch.nn.init.uniform_(value, -0.05, 0.05)
    diffusers.StableDiffusionPipeline(
        **parts,
        tokenizer=tokenizer,
        scheduler=diffusers.EulerDiscreteScheduler(steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def _read(file: Path, device: str) -> Any:
    """The bytes of a file in the device's memory."""
    import torch

    content = torch.empty(file.stat().st_size, dtype=torch.uint8)
    view = memoryview(content.numpy())
    with file.open("rb", buffering=0) as source:
        done = 0
        while read := source.readinto(view[done : done + CHUNK_BYTES]):
            done += read
    return content.to(device)


def _touch(pipeline: Any) -> None:
    """Asks for a byte of every page, so that what is mapped has been read."""
    import torch

    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            for value in part.parameters():
                value.detach().flatten().view(torch.uint8)[::PAGE_BYTES].sum()


def _now() -> Cost:
    return Cost(time.perf_counter(), time.process_time())


def _since(began: Cost) -> Cost:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return Cost(time.perf_counter() - began.wall_s, time.process_time() - began.cpu_s)


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=5)
    parser.add_argument(
        "--stored",
        choices=("float16", "bfloat16", "float32"),
        default="float16",
        help="the number format of the files (default float16, as most are)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
