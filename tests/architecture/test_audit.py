"""Every request that changes something is in the audit log, because its transaction writes the entry."""

import re

from tests.support.project import ROOT

WRITES_ENTRIES = {"api/http/audited.py", "api/http/idempotency.py"}
PARTS_OF_UPLOADS = {  # a resumable upload is recorded when it begins, ends or is deleted, not for each part
    "api/datasets/upload_end.py",
    "api/datasets/upload_endpoints.py",
    "api/datasets/upload_parts.py",
}


def test_only_audited_transactions_are_opened_by_the_api() -> None:
    opened = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "api").rglob("*.py")
        if re.search(r"\btransaction\(", path.read_text())
    }
    assert opened == WRITES_ENTRIES | PARTS_OF_UPLOADS
