"""Ids have a type prefix and sort by creation time."""

import re

from store.ids import new_id


def test_id_is_a_prefix_and_a_uuid_of_version_7() -> None:
    assert re.fullmatch(r"job_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", new_id("job"))


def test_ids_sort_by_creation_time() -> None:
    ids = [new_id("job") for _ in range(2000)]
    early, late = ids[:1000], ids[1000:]
    assert max(early)[:19] <= min(late)[:19]
