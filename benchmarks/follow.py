"""Many followers of one job, in a process of their own: `python -m benchmarks.follow PORT NUMBER`.

Reads a job's id from standard input, says `ready` when all streams are open, and at their end what
they got, as JSON. Talks plain HTTP, so that it costs the machine little.
"""

import asyncio
import json
import sys
from dataclasses import dataclass, field


@dataclass
class Follower:
    """What one of them has been told: the steps with a preview, and whether the job ended."""

    previews: list[int] = field(default_factory=list)
    was_ended: bool = False


async def follow(port: int, job_id: str, number: int) -> list[Follower]:
    """All of them, until the job's end."""
    streams = await asyncio.gather(*(_opened(port, job_id) for _ in range(number)))
    print("ready", flush=True)
    return list(await asyncio.gather(*(_heard(reader) for reader, _ in streams)))


async def _opened(port: int, job_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream of the job, its headers read; it is open for as long as the writer is kept."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    path = f"/api/v1/generate/{job_id}/stream"
    writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.splitlines()[0]:
        raise RuntimeError(head.decode())
    return reader, writer


async def _heard(reader: asyncio.StreamReader) -> Follower:
    follower = Follower()
    while not follower.was_ended:
        line = await reader.readline()
        if not line:
            break
        follower.was_ended = line == b"data: [DONE]\n"
        if line.startswith(b'data: {"event": "step"') and b'"image": "' in line:
            told = json.loads(line.removeprefix(b"data: "))
            follower.previews.append(1_000 * told["picture"] + told["step"])
    return follower


def main() -> None:
    """Follow, and say what came."""
    port, number = int(sys.argv[1]), int(sys.argv[2])
    found = asyncio.run(follow(port, sys.stdin.readline().strip(), number))
    told = {
        "ended": sum(each.was_ended for each in found),
        "fewest_previews": min(len(each.previews) for each in found),
        "most_previews": max(len(each.previews) for each in found),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
