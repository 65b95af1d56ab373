"""Token buckets: shared by processes through Redis, local while there is none."""

import asyncio

from messaging.token_buckets import Policy, Taken, TokenBuckets

POLICY = Policy(name="requests", per_second=0.001, burst=5)
NOWHERE = "redis://127.0.0.1:1/0"


def take_from_two(url: str) -> list[int]:
    """Return what two processes get, in turn, when each wants 3 tokens."""

    async def take() -> list[int]:
        both = [TokenBuckets(url), TokenBuckets(url)]
        taken = [(await both[turn % 2].take(POLICY, "prj_1", 3)).taken for turn in range(4)]
        for each in both:
            await each.close()
        return taken

    return asyncio.run(take())


def test_processes_share_the_bucket_of_a_project(broker_url: str) -> None:
    assert take_from_two(broker_url) == [3, 2, 0, 0]


def test_without_redis_each_process_has_a_bucket_of_its_own() -> None:
    assert take_from_two(NOWHERE) == [3, 3, 2, 2]


def test_a_bucket_refills_with_time_up_to_its_size() -> None:
    now = [0.0]

    async def take() -> list[Taken]:
        buckets = TokenBuckets(NOWHERE, lambda: now[0])
        found = []
        for seconds in (0.0, 0.0, 2.0, 100.0):
            now[0] += seconds
            found.append(await buckets.take(Policy(name="requests", per_second=1, burst=5), "prj_1", 10))
        await buckets.close()
        return found

    assert [each.taken for each in asyncio.run(take())] == [5, 0, 2, 5]
