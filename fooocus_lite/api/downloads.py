"""Models on their way to this computer: followed by everybody, begun and stopped by the host."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ..supplies.downloads import Download, State
from .caller import Caller, House
from .refusals import RefusalAnswer, Responses

HOST_ONLY: Responses = {
    400: {"model": RefusalAnswer, "description": "No name of a model"},
    403: {"model": RefusalAnswer, "description": "Only the host may change what is here"},
}
NOT_FOUND: Responses = {404: {"model": RefusalAnswer, "description": "No such download"}}
router = APIRouter(prefix="/models/downloads", tags=["Choices"])


class DownloadAnswer(BaseModel):
    """One download as it stands. One that broke off goes on when it is asked for again."""

    name: str
    title: str
    state: State
    file: str = Field(description="What is coming now")
    done_bytes: int
    total_bytes: int
    bytes_per_s: float
    eta_s: float | None
    message: str
    link: str | None = Field(description="The page that helps, such as that of its conditions")


class Wanted(BaseModel):
    """What to download."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=1,
        max_length=500,
        description="A preset, a performance's LoRA, owner/name as on the Hub, or a link to it.",
    )
    is_update: bool = Field(False, description="The newest revision, not the one in use.")


class Named(BaseModel):
    """A download by its name."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=500)


@router.get("")
def downloads(studio: House) -> list[DownloadAnswer]:
    """Those of this run of the program, and those that an earlier one left incomplete."""
    return [_answer(each) for each in studio.downloads()]


@router.post("", status_code=202, responses=HOST_ONLY)
def download(wanted: Wanted, studio: House, caller: Caller) -> DownloadAnswer:
    """Begins a download or goes on with it; a preset's refiner follows its model."""
    return _answer(studio.model_store(caller).download(wanted.name, wanted.is_update))


@router.post("/cancel", responses={**HOST_ONLY, **NOT_FOUND})
def cancel(named: Named, studio: House, caller: Caller) -> DownloadAnswer:
    """Stops it soon. What has come is kept."""
    line = studio.model_store(caller).downloads
    line.cancel(named.name)
    return _answer(line.find(named.name))


def _answer(download: Download) -> DownloadAnswer:
    return DownloadAnswer(
        name=download.name,
        title=download.wish.title,
        state=download.state,
        file=download.file,
        done_bytes=download.done_bytes,
        total_bytes=download.total_bytes,
        bytes_per_s=download.bytes_per_s,
        eta_s=download.eta_s,
        message=download.message,
        link=download.link,
    )
