"""Modules are joined into one script."""

import pytest

from api.dashboard.bundle import UnknownSyntax, joined

MODULES = {
    "app.js": (
        'import { a as b, C } from "./parts/one.js";\n// A comment.\n'
        'import("./page.js").then((page) => page.default(b, C));\n'
    ),
    "parts/one.js": 'import { two } from "../two.js";\nexport const a = two();\nexport class C {}\n',
    "two.js": "function inner() { return 2; }export{inner as two};\n",
    "page.js": 'import { C } from "./parts/one.js";\nexport default async function Page(b) { return C && b; }\n',
}


def test_imports_become_calls_and_exports_become_values() -> None:
    script = joined("app.js", MODULES.__getitem__)
    for line in (
        "const { a: b, C } = module1();",
        "Promise.resolve().then(module3).then((page) => page.default(b, C));",
        "return { a, C };",
        "return { two: inner };",
        "return { default: Page };",
    ):
        assert line in script
    assert "A comment" not in script
    assert script.endswith("module0();\n")


@pytest.mark.parametrize("text", ['import x from "./two.js";', 'import { app } from "./app.js";', "export let a = 1;"])
def test_other_forms_and_circles_are_rejected(text: str) -> None:
    with pytest.raises(UnknownSyntax):
        joined("app.js", {**MODULES, "app.js": f"{text}\n"}.__getitem__)
