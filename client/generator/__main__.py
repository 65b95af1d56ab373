"""Write the generated code of the client: the types from the OpenAPI document, and the synchronous code.

`python client/generator` writes the files; a test of the project compares them.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "client")]  # the service, whose document is read, and this package

from generator.files import generated_files, write_files  # noqa: E402 - the path is set above

if __name__ == "__main__":
    write_files(generated_files())
