"""Frames of output, however they arrive."""

import asyncio
import contextlib
import socket
from pathlib import Path
from threading import Thread

import docker
import pytest

from stroem.testing.collected_output import CollectedOutput
from stroem_docker.attached import Attached

ANSWER = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
FRAMES = b"\1\0\0\0\0\0\0\3out\2\0\0\0\0\0\0\3err\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\2!\n"


def serve(listener: socket.socket, pieces: list[bytes]) -> None:
    """Answers one request with these pieces."""
    connection, _ = listener.accept()
    with connection:
        while b"\r\n\r\n" not in connection.recv(65536):
            pass
        for piece in pieces:
            connection.sendall(piece)


@pytest.mark.parametrize(
    "pieces",
    [
        [ANSWER, FRAMES],
        [ANSWER + FRAMES],
        [ANSWER + FRAMES[:5], FRAMES[5:]],
        [ANSWER, *(FRAMES[n : n + 1] for n in range(len(FRAMES)))],
        [ANSWER, FRAMES + b"\1\0\0"],
    ],
)
async def test_frames_arrive_in_any_pieces(tmp_path: Path, pieces: list[bytes]) -> None:
    output = CollectedOutput()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tmp_path}/engine")
        listener.listen()
        server = Thread(target=serve, args=(listener, pieces))
        server.start()
        with contextlib.closing(docker.APIClient(f"unix://{tmp_path}/engine", version="1.41")) as client:
            loop = asyncio.get_running_loop()
            attached = await asyncio.to_thread(Attached, client, "container", output, loop)
            server.join()
            await asyncio.to_thread(attached.follow)
            attached.close()
    assert output.data == {"stdout": b"out!\n", "stderr": b"err"}
