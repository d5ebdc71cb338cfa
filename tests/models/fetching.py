"""A process that fetches one model and says how far it is: `-m tests.models.fetching DATA_DIR URL SIZE SHA256`."""

from __future__ import annotations

import asyncio
import sys

from tests.models.conftest import model_of, state_of
from wyoming_servers.models.catalogue import Kind, ModelFile
from wyoming_servers.models.shelves import Shelves
from wyoming_servers.models.store import ModelStore
from wyoming_servers.settings import build


async def main(data_dir: str, url: str, size: str, sha256: str) -> None:
    file = ModelFile("base/model.bin", int(size), sha256, (url,))
    model = model_of(file, model_id="base", kind=Kind.STT)
    store = ModelStore(Shelves(build({"data_dir": data_dir})), offered=lambda: [model])

    def tell() -> None:
        now = state_of(store, "base")
        sys.stdout.write(f"{now.state} {now.done_bytes}\n")
        sys.stdout.flush()

    store.on_change(tell)
    await store.start()
    await store.fetch("base")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
