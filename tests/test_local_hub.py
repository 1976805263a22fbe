"""The test Hub speaks as the real one does: the real client is content with it."""

from pathlib import Path

import httpx2
import pytest
from huggingface_hub import HfApi, get_session, snapshot_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
from local_hub import LocalHub, weights

FILES = {f"folder/{place}.json": str(place).encode() for place in range(25)}
FILES["model.safetensors"] = weights()


def test_the_real_client_downloads_a_repository_of_several_pages(tmp_path: Path) -> None:
    with LocalHub() as hub:
        revision = hub.add_repo("owner/name", FILES)
        folder = Path(
            snapshot_download("owner/name", cache_dir=tmp_path, endpoint=hub.endpoint, token=False)
        )
        assert folder.name == revision
        for path, content in FILES.items():
            assert (folder / path).read_bytes() == content
        assert len(hub.asked("/tree/")) == 3
        assert not [each for each in hub.asked("", "cdn") if "authorization" in each.headers]


def test_the_real_client_knows_its_refusals(tmp_path: Path) -> None:
    with LocalHub(tokens=["hf_new"]) as hub:
        hub.add_repo("owner/gated", FILES, gated=True)
        hub.add_repo("owner/secret", FILES, private=True)
        api = HfApi(endpoint=hub.endpoint, token=False)
        with pytest.raises(RepositoryNotFoundError):
            api.model_info("owner/secret")
        assert HfApi(endpoint=hub.endpoint, token="hf_new").model_info("owner/secret").sha
        with pytest.raises(RevisionNotFoundError):
            api.model_info("owner/gated", revision="v9")
        for token in (None, "hf_new"):
            with pytest.raises(GatedRepoError):
                HfApi(endpoint=hub.endpoint, token=token or False).hf_hub_download(
                    "owner/gated", "model.safetensors", cache_dir=tmp_path
                )


def test_nothing_outside_this_machine_can_be_reached() -> None:
    with LocalHub(), pytest.raises(httpx2.ConnectError, match="not on this machine"):
        get_session().get("https://huggingface.co/api/models/gpt2")
