"""The whole walk of a prompt in one process, with the real starter model at its smallest size."""

import asyncio
import errno
import io
import shutil
import time

import diffusers
import pytest
import tiny
from PIL import Image
from safetensors.torch import load_file, save_file

from fooocus_lite.engine import pipelines
from fooocus_lite.errors import BadRequest, NotFound, UnknownName
from fooocus_lite.events import Cancelled, Failed, Finished, PictureReady, Queued, Step
from fooocus_lite.line import patience
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.weights import verify

SMALL = {"width": 64, "height": 64, "num_inference_steps": 2, "seed": 1}


def request(prompt="a red circle", **values):
    return ImageRequest(prompt=prompt, **{**SMALL, **values})


@pytest.fixture
def studio(tmp_path):
    opened = Studio(load({"home": tmp_path}))
    yield opened
    opened.close()


def wait_until(studio, job_id, condition, timeout_s=300.0):
    """The job's view once `condition` holds of it."""
    deadline = time.monotonic() + timeout_s
    while not condition(view := studio.jobs.view(job_id)):
        assert not view.is_final, f"ended first: {view.state} {view.error}"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return view


def finished(studio, job_id):
    return wait_until(studio, job_id, lambda view: view.is_final)


def red_input(studio):
    made = io.BytesIO()
    Image.new("RGB", (80, 80), "red").save(made, "PNG")
    return studio.gallery.add_input(made.getvalue())


def test_a_picture_to_start_from_is_kept_over_a_restart(tmp_path):
    studio = Studio(load({"home": tmp_path}))
    image = red_input(studio)
    job_id = studio.orders.start(request(image=image, num_inference_steps=4, strength=0.5))
    studio.close()
    again = Studio(load({"home": tmp_path}))
    again.cook()
    (picture,) = finished(again, job_id).pictures
    again.close()
    assert (picture.recipe.task, picture.recipe.image) == ("image-to-image", image)


def test_a_picture_to_start_from_that_is_gone_is_said_in_words(studio, tmp_path):
    wanted = request(image=red_input(studio))
    (recipe,) = studio.orders.plan(wanted)
    job_id = studio.orders.start(wanted)
    shutil.rmtree(tmp_path / "state" / "inputs")
    with pytest.raises(BadRequest, match="Add it again"):
        studio.orders.plan(wanted)
    with pytest.raises(NotFound, match="Add it again"):
        studio.orders.start_recipes(wanted, [recipe])
    studio.cook()
    assert "Add it again" in finished(studio, job_id).error.message


def test_a_job_ends_with_pictures_that_carry_their_recipe(studio):
    assert studio.cook()
    view = finished(studio, studio.orders.start(request(count=2)))
    assert view.state == "completed"
    assert [picture.recipe.seed for picture in view.pictures] == [1, 2]
    found = studio.gallery.inspect(view.pictures[0].path)
    assert found.recipe == view.pictures[0].recipe
    assert any(name.endswith(".safetensors") for name in found.recipe.model_hashes)
    assert found.recipe.request.prompt == "a red circle"


def test_an_embedding_is_found_in_any_case_and_its_file_is_named_in_the_recipe(studio, tmp_path):
    file = tmp_path / "models" / "embeddings" / "Calm.safetensors"
    tiny.build_embedding(file, {"clip_l": 64, "clip_g": 64})
    studio.cook()
    view = finished(studio, studio.orders.start(request("a red circle embedding:calm")))
    (picture,) = view.pictures
    assert picture.recipe.embeddings == ("Calm",)
    assert picture.recipe.model_hashes["embeddings/Calm"] == verify.sha256(file)
    with pytest.raises(UnknownName, match="Did you mean “Calm”"):
        studio.orders.start(request("a red circle embedding:calms"))


def test_what_of_a_lora_had_no_place_is_told_at_the_end_and_in_every_picture(studio, tmp_path):
    lcm = load_file(studio.stock.model("starter").folder / "loras" / "starter-lcm.safetensors")
    some = [name for name in lcm if "down_blocks.0.resnets.0.conv1" in name]
    stranger = {name.replace("down_blocks.0", "down_blocks.9"): lcm[name].clone() for name in some}
    file = tmp_path / "models" / "loras" / "most.safetensors"
    file.parent.mkdir(parents=True)
    save_file(lcm | stranger, file)
    studio.cook()
    view = finished(studio, studio.orders.start(request("a red circle <lora:most:0.5>", count=2)))
    (notice,) = view.notices
    assert notice.startswith("Of the LoRA “most” ")
    assert "have no place in this model" in notice
    for picture in view.pictures:
        assert studio.gallery.inspect(picture.path).made_with.notices == (notice,)
    assert list(studio.jobs.follow(view.id))[-1] == Finished(2, 0, (notice,))
    plain = finished(studio, studio.orders.start(request()))
    assert plain.notices == ()


def test_the_same_recipe_gives_the_same_bytes_again(studio):
    studio.cook()
    first, second = (finished(studio, studio.orders.start(request())).pictures[0] for _ in range(2))
    assert studio.gallery.psnr(first.path, second.path) == float("inf")


def test_a_watcher_sees_steps_with_a_preview_and_the_end(studio):
    studio.cook()
    finished(studio, studio.orders.start(request()))  # the engine is warm now
    job_id = studio.orders.start(request(num_inference_steps=60, count=2))

    async def watch():
        return [event async for event in studio.jobs.watch(job_id, interval_s=0.02)]

    events = asyncio.run(watch())
    previews = [event.preview for event in events if isinstance(event, Step) and event.preview]
    assert previews
    assert Image.open(io.BytesIO(previews[-1])).format == "JPEG"
    assert sum(isinstance(event, PictureReady) for event in events) == 2
    assert events[-1] == Finished(pictures=2, skipped=0)


def test_a_job_that_ends_while_it_is_looked_at_does_not_fall_back(studio, monkeypatch):
    job_id = studio.orders.start(request(count=2))
    store = studio._store
    store.claim()
    store.heartbeat(job_id, 1, 0, 20)
    studio.board.show(job_id, Step(picture=2, pictures=2, step=19, total_steps=20))
    get = store.get

    def get_as_it_ends(*asked):
        """The row as it was read a moment before the lane wrote the end and cleared the board."""
        job = get(*asked)
        studio.board.clear(job_id)
        return job

    monkeypatch.setattr(store, "get", get_as_it_ends)
    assert studio.jobs.view(job_id).progress == 0.975


def test_stop_keeps_what_is_finished_and_cancels_the_rest(studio):
    studio.cook()
    job_id = studio.orders.start(request(count=5, num_inference_steps=40))
    wait_until(studio, job_id, lambda view: view.pictures)
    studio.orders.stop(job_id)
    view = finished(studio, job_id)
    assert view.state == "cancelled"
    assert 1 <= len(view.pictures) < 5
    assert list(studio.jobs.follow(job_id))[-1] == Cancelled(len(view.pictures))


def test_skip_leaves_one_picture_only(studio):
    studio.cook()
    job_id = studio.orders.start(request(count=2, num_inference_steps=100))
    wait_until(studio, job_id, lambda view: isinstance(view.now, Step))
    studio.orders.skip(job_id)
    view = finished(studio, job_id)
    assert view.state == "completed"
    assert view.skipped == (0,)
    assert len(view.pictures) == 1


def test_a_waiting_job_stops_at_once(studio):
    job_id = studio.orders.start(request())
    assert studio.jobs.view(job_id).now == Queued(1, 0.0)
    studio.orders.stop(job_id)
    assert studio.jobs.view(job_id).state == "cancelled"


def test_a_stranger_sees_neither_job_nor_its_controls(studio):
    job_id = studio.orders.start(request(), owner="anna")
    for ask in (studio.jobs.view, studio.orders.stop, studio.orders.skip):
        with pytest.raises(NotFound):
            ask(job_id, "bert")
    assert studio.jobs.active("bert") == []
    assert studio.jobs.active("anna") == [job_id]


def test_a_strangers_picture_is_hidden_as_soon_as_others_can_reach_the_page(tmp_path):
    opened = Studio(load({"home": tmp_path, "listen": "0.0.0.0", "open": True}))
    opened.cook()
    (picture,) = finished(opened, opened.orders.start(request(), owner="anna")).pictures
    try:
        assert opened.gallery.picture(picture.id, "anna").id == picture.id
        assert opened.gallery.history("bert") == []
        with pytest.raises(NotFound):
            opened.gallery.picture_bytes(picture.id, "bert")
    finally:
        opened.close()


def test_a_clean_end_puts_the_job_back_and_the_next_start_finishes_it(tmp_path):
    settings = load({"home": tmp_path})
    first = Studio(settings)
    first.cook()
    job_id = first.orders.start(request(count=4, num_inference_steps=40))
    wait_until(first, job_id, lambda view: view.pictures)
    first.close()
    before = first.jobs.view(job_id)
    assert before.state == "queued"
    second = Studio(settings)
    second.cook()
    after = finished(second, job_id)
    second.close()
    assert after.state == "completed"
    assert [picture.index for picture in after.pictures] == [0, 1, 2, 3]
    assert after.pictures[: len(before.pictures)] == before.pictures


def test_one_process_owns_the_device(tmp_path):
    settings = load({"home": tmp_path})
    first, second = Studio(settings), Studio(settings)
    assert first.cook()
    assert not second.cook()
    job_id = second.orders.start(request())
    assert finished(second, job_id).state == "completed"
    first.close()
    assert second.cook()
    second.close()


def test_a_damaged_model_fails_its_job_with_a_sentence_and_the_lane_lives_on(tmp_path, starter):
    own = tmp_path / "models" / "starter"
    shutil.copytree(starter, own)
    weights = own / "unet" / "diffusion_pytorch_model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:1000])
    opened = Studio(load({"home": tmp_path}))
    opened.cook()
    failed = finished(opened, opened.orders.start(request()))
    try:
        assert failed.state == "failed"
        assert "diffusion_pytorch_model.safetensors" in failed.error.message
        weights.write_bytes(whole)
        assert finished(opened, opened.orders.start(request())).state == "completed"
    finally:
        opened.close()


def test_a_model_file_that_cannot_be_read_just_now_is_read_again(studio, monkeypatch):
    read, faults = pipelines._from_folder, []

    def once_broken(*given):
        if not faults:
            faults.append(OSError(errno.EIO, "Input/output error"))
            raise faults[0]
        return read(*given)

    monkeypatch.setattr(pipelines, "_from_folder", once_broken)
    monkeypatch.setattr(patience, "PAUSES_S", (0.0,))
    studio.cook()
    view = finished(studio, studio.orders.start(request()))
    assert (view.state, len(faults)) == ("completed", 1)
    assert studio.jobs.measures().retries == 1


def test_an_error_of_the_engine_itself_fails_its_job_at_once(studio, monkeypatch):
    def broken(*given, **others):
        raise RuntimeError("shapes that do not fit")

    studio.cook()
    with monkeypatch.context() as patch:
        patch.setattr(diffusers.AutoencoderKL, "decode", broken)
        view = finished(studio, studio.orders.start(request()))
    assert (view.state, view.error.code) == ("failed", "internal")
    assert finished(studio, studio.orders.start(request())).state == "completed"
    assert studio.jobs.measures().retries == 0


def test_a_picture_that_cannot_be_saved_fails_the_job_but_stays_to_be_downloaded(tmp_path):
    (tmp_path / "outputs").write_text("a file where the folder should be")
    opened = Studio(load({"home": tmp_path}))
    opened.cook()
    job_id = opened.orders.start(request())
    view = finished(opened, job_id)
    try:
        assert view.state == "failed"
        assert str(tmp_path / "outputs") in view.error.message
        (picture,) = view.pictures
        assert not picture.is_saved
        content, media_type = opened.gallery.picture_bytes(picture.id)
        assert media_type == "image/png"
        assert Image.open(io.BytesIO(content)).size == (64, 64)
        assert isinstance(list(opened.jobs.follow(job_id))[-1], Failed)
    finally:
        opened.close()


def test_a_prompt_longer_than_the_setting_is_refused(tmp_path):
    opened = Studio(load({"home": tmp_path, "prompt_limit": 10}))
    with pytest.raises(BadRequest, match="limit is 10"):
        opened.orders.start(request("a prompt of many words"))


def test_a_full_line_refuses_and_says_so(tmp_path):
    opened = Studio(load({"home": tmp_path, "waiting_per_owner": 2}))
    opened.orders.start(request())
    opened.orders.start(request())
    with pytest.raises(BadRequest):
        opened.orders.start(request())
    opened.orders.start(request(), owner="somebody else")


def test_a_damaged_database_is_set_aside_and_history_comes_back_from_the_files(studio, tmp_path):
    studio.cook()
    finished(studio, studio.orders.start(request()))
    studio.close()
    for stale in (tmp_path / "state").glob("jobs.sqlite3-*"):
        stale.unlink()
    (tmp_path / "state" / "jobs.sqlite3").write_bytes(b"not a database at all" * 500)
    again = Studio(load({"home": tmp_path}))
    again.prepare()
    assert "damaged" in again.notices[0]
    assert again.gallery.history() == []
    assert again.gallery.rebuild().added == 1
    assert again.gallery.history()[0].recipe.request.prompt == "a red circle"


def test_a_chosen_presets_model_is_loaded_before_the_first_job(studio):
    studio.warm("starter")  # nobody cooks yet: nothing happens
    assert studio.cook()
    studio.warm("no such preset")
    studio.warm("starter")
    kitchen = studio._lane._opening.kitchen(300)
    deadline = time.monotonic() + 300
    while kitchen.plan is None or not studio.is_settled:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    assert finished(studio, studio.orders.start(request())).state == "completed"


@pytest.mark.parametrize(("model", "end"), [("starter", "loaded"), ("other", "_Called")])
def test_loading_ahead_goes_on_for_a_job_of_its_model_only(
    studio, tmp_path, monkeypatch, model, end
):
    tiny.build_sd15(tmp_path / "models" / "other")
    assert studio.cook()
    kitchen = studio._lane._opening.kitchen(300)
    load, jobs, ended = kitchen.load, [], []

    def called_while_loading(recipe, files, on_stage):
        if not jobs:
            jobs.append(studio.orders.start(request(model=model, width=256, height=256)))
        try:
            load(recipe, files, on_stage)
        except Exception as error:
            ended.append(type(error).__name__)
            raise
        ended.append("loaded")

    monkeypatch.setattr(kitchen, "load", called_while_loading)
    studio.warm("starter")
    deadline = time.monotonic() + 300
    while not ended:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    assert finished(studio, jobs[0]).state == "completed"
    assert ended[0] == end
    assert studio._lane.loading_ahead == ""


def test_a_model_that_cannot_be_loaded_ahead_disturbs_nobody(studio, monkeypatch):
    assert studio.cook()
    kitchen = studio._lane._opening.kitchen(300)
    load, broken = kitchen.load, []

    def broken_once(*given):
        if not broken:
            broken.append(True)
            raise RuntimeError("no room")
        return load(*given)

    monkeypatch.setattr(kitchen, "load", broken_once)
    studio.warm("starter")
    deadline = time.monotonic() + 300
    while not broken:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    assert finished(studio, studio.orders.start(request())).state == "completed"


def test_visitors_of_a_shared_page_load_nothing(tmp_path):
    shared = Studio(load({"home": tmp_path, "listen": "0.0.0.0"}))
    assert shared.cook()
    kitchen = shared._lane._opening.kitchen(300)
    shared.warm("starter")
    assert shared._lane._ahead is None
    assert kitchen.plan is None
    shared.close()
