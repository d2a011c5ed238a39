"""Processes that work for pages: newest question first, nobody waits for what nobody wants, none is left behind."""

import asyncio
import os
import signal
import time

import pytest

from sem_toolkit.studio.pool import Pool
from tests.studio.harness import POLDEM, Studio

pytestmark = pytest.mark.slow

SLOW = "#' data: survey.csv\n#' options: {missing: fiml, engine: native}\n" + "\n".join(
    f"f{k} =~ " + " + ".join(f"v{k}_{j}" for j in range(12)) for k in range(9)
)
"""A model whose fit takes longer than a test may."""


@pytest.fixture
def studio(tmp_path):
    import numpy as np
    import pandas as pd

    from tests.support import DATA

    (tmp_path / "poldem.csv").write_text((DATA / "poldem.csv").read_text())
    (tmp_path / "model.lav").write_text(POLDEM)
    chance = np.random.default_rng(1)
    rows = chance.standard_normal((800, 108)) + np.repeat(chance.standard_normal((800, 9)), 12, axis=1)
    rows[chance.random(rows.shape) < 0.1] = np.nan
    names = [f"v{k}_{j}" for k in range(9) for j in range(12)]
    pd.DataFrame(rows, columns=names).to_csv(tmp_path / "survey.csv", index=False)
    found = Studio(tmp_path, Pool)
    found.post("analyse", text=POLDEM, sequence=0, page="a")  # until the process has loaded its libraries
    yield found
    found.close()


def test_a_slow_text_is_cancelled_by_the_next_one(studio):
    client = studio.client

    async def work():
        slow = asyncio.create_task(client.send("/api/analyse", json={"text": SLOW, "sequence": 1, "page": "a"}))
        await asyncio.sleep(1.5)
        assert not slow.done()
        begun = time.monotonic()
        told = await client.send("/api/complete", json={"text": POLDEM, "offset": 5, "page": "a"})
        waited = time.monotonic() - begun
        quick = await client.send("/api/analyse", json={"text": POLDEM, "sequence": 2, "page": "a"})
        return (await slow).json(), told.status_code, waited, quick.json()

    slow, status, waited, quick = client.wait(work())
    assert slow == {"sequence": 1, "stale": True}
    assert (status, waited < 5) == (200, True)
    assert (quick["sequence"], quick["stale"], quick["fit"]["n"]) == (2, False, 75)


def test_a_slow_page_does_not_hold_another_up(studio):
    client = studio.client

    async def work():
        slow = asyncio.create_task(client.send("/api/analyse", json={"text": SLOW, "sequence": 1, "page": "a"}))
        await asyncio.sleep(0.5)
        other = await client.send("/api/analyse", json={"text": POLDEM, "sequence": 1, "page": "b"})
        was_running = not slow.done()
        await client.send("/api/analyse", json={"text": POLDEM, "sequence": 2, "page": "a"})
        return other.json(), was_running, (await slow).json()

    other, was_running, slow = client.wait(work())
    assert other["fit"]["n"] == 75
    assert was_running
    assert slow["stale"]


def test_a_thousand_questions_at_once_get_one_answer(studio):
    client = studio.client

    async def work():
        calls = [
            client.send("/api/analyse", json={"text": POLDEM + "#" * number, "sequence": number, "page": "a"})
            for number in range(1000)
        ]
        return [answer.json() for answer in await asyncio.gather(*calls)]

    begun = time.monotonic()
    answers = client.wait(work())
    assert time.monotonic() - begun < 60
    assert [answer["sequence"] for answer in answers] == list(range(1000))
    assert not answers[-1]["stale"]
    assert answers[-1]["fit"]["n"] == 75
    assert sum(not answer["stale"] for answer in answers) < 20


def test_a_process_that_dies_is_replaced(studio):
    client, pool = studio.client, studio.session.pool

    async def work():
        slow = asyncio.create_task(client.send("/api/analyse", json={"text": SLOW, "sequence": 1, "page": "a"}))
        await asyncio.sleep(0.5)
        os.kill(pool.processes["page a"].number, signal.SIGKILL)
        return await slow

    answer = client.wait(work())
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "ended")
    assert studio.post("analyse", text=POLDEM, sequence=2, page="a")["fit"]["n"] == 75


def test_many_pages_share_few_processes(studio):
    for number in range(7):
        assert studio.post("analyse", text=POLDEM, sequence=1, page=f"p{number}")["fit"]["n"] == 75
    assert len(studio.session.pool.processes) <= 4
