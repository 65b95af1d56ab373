"""One journey in a browser: drop a file, train, watch, stop, read the report, evaluate, predict, compare, download."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from tests.support.browser import DashboardPage

OpenPage = Callable[..., DashboardPage]

ATTACK = "<img src=x onerror=alert(1)>"
CITIES, BOUGHT = ("<script>alert(1)</script>", "Rome", "Bari"), ("no", "yes")
SHOP = f"city,{ATTACK},spent,bought\n" + "".join(
    f"{CITIES[i % 3]},{i % 7},{9999 if i % 20 == 5 else i % 50},{BOUGHT[i % 2]}\n" for i in range(120)
)
WATCHED_SECONDS = 3.0
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def opened(open_page: OpenPage) -> DashboardPage:
    """A page that may be told that its file and its form have errors."""
    page = open_page()
    page.expected_errors = ("422",)
    return page


def test_from_a_dropped_file_to_a_compared_model(opened: DashboardPage, service: httpx.Client, tmp_path: Path) -> None:
    dataset_id = drop(opened, tmp_path)
    start(opened.page)
    watch(opened)
    stop(opened.page)
    read_the_report(opened.page)
    train_others(service, dataset_id)
    opened.page.click("a:has-text('Open the model')")
    evaluate(opened.page)
    predict(opened.page)
    compare(opened.page)
    download(opened.page)


def drop(opened: DashboardPage, folder: Path) -> str:
    """Send a file with errors, then a good one; apply the fix of its warning; return the id of the data set."""
    (folder / "bad.csv").write_text("a,b\n1,2\n3\n4,5,6\n")
    (folder / f"{ATTACK}.csv").write_text(SHOP)
    page = opened.go("/datasets", "input[type=file]")
    page.set_input_files("input[type=file]", folder / "bad.csv")
    page.wait_for_selector("text=was not accepted")
    assert page.locator("[aria-label='Problems of the file'] tbody tr").count() == 2
    page.set_input_files("input[type=file]", folder / f"{ATTACK}.csv")
    page.wait_for_selector(f"h1:has-text({ATTACK!r})")
    assert page.locator("article.multiple").count() == 4
    page.wait_for_selector("text=set missing=9999")
    page.click("button:has-text('Apply missing=9999')")
    page.wait_for_selector("text=Read again with missing=9999")
    page.wait_for_selector("dd:has-text('9999')")
    return page.url.rpartition("/")[2]


def start(page: Page) -> None:
    """Fill in the form, with an error first, and start a long job of one network."""
    page.click("a:has-text('Train a model')")
    page.wait_for_selector(".big-number")
    page.fill("label:has-text('Epochs') + input", "-1")
    page.wait_for_selector(".field.invalid:has-text('at least 0')")
    page.fill("label:has-text('Epochs') + input", "10000")
    page.fill("label:has-text('Batch size') + input", "8")
    page.fill("label:has-text('Stop early') + input", "10000")
    page.click("label:has-text('Fast')")
    page.click("button:has-text('Edit layers')")
    page.click("[aria-label='Remove layer 1']")
    page.wait_for_selector("button:has-text('Start training'):not(:disabled)")
    page.click("button:has-text('Start training')")
    page.wait_for_url("**/#/jobs/job_*")


def watch(opened: DashboardPage) -> None:
    """The curves grow, with at most one request per second, and none while the page is hidden."""
    page = opened.page
    page.wait_for_selector(".chart .plot canvas >> nth=3")
    first = epoch_shown(page)
    requests = len(opened.requests)
    began = time.monotonic()
    page.wait_for_timeout(WATCHED_SECONDS * 1000)
    assert epoch_shown(page) > first
    assert len(opened.requests) - requests <= time.monotonic() - began + 1
    page.evaluate(HIDE, True)
    page.wait_for_timeout(300)
    hidden = len(opened.requests)
    page.wait_for_timeout(WATCHED_SECONDS * 500)
    assert len(opened.requests) == hidden
    page.evaluate(HIDE, False)


def epoch_shown(page: Page) -> int:
    """Return the number of the last epoch in the head of the page."""
    text = page.inner_text(".progress p")
    return int(text.split("Epoch ")[1].split(" of")[0].replace(",", "")) if "Epoch " in text else 0


def stop(page: Page) -> None:
    """Keep the best model so far, and read a curve with the keyboard."""
    page.click("button:text-is('Stop')")
    page.click("button:has-text('Stop and keep the model')")
    page.wait_for_selector("h1 + [role=status] :text-is('succeeded')")
    page.wait_for_selector("text=Stopped on request, with the best weights so far.")
    page.focus(".chart .plot canvas")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    shown = page.inner_text(".chart .legend b >> nth=0")
    assert page.get_attribute(".chart .plot canvas", "aria-label").startswith(f"Loss. Epoch {shown}: Training loss ")


def read_the_report(page: Page) -> None:
    """See the network, and return."""
    page.click("text=How this network learned")
    page.wait_for_selector(".network.forward >> visible=true")
    page.go_back()


def train_others(service: httpx.Client, dataset_id: str) -> None:
    """Train a model to compare with, and a newer one that reads other columns, so that it cannot be compared."""
    rows = "bought,age\n" + "".join(f"{BOUGHT[row % 2]},{row}\n" for row in range(40))
    other = service.post("/v1/datasets", content=rows, headers={"Content-Type": "text/csv"}).raise_for_status().json()
    for data in (dataset_id, other["id"]):
        body = {"dataset_id": data, "target": "bought", "name": ATTACK, "ensemble": None, "training": {"epochs": 2}}
        service.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"}).raise_for_status()


def evaluate(page: Page) -> None:
    """Name the model, and see how good it is."""
    page.wait_for_selector("text=Contributions of layers")
    page.fill("label:has-text('Name') + input", "shop")
    page.click("button:has-text('Set the name')")
    page.click("dialog button.primary")
    page.wait_for_selector(".badge:has-text('shop')")
    page.click(".tabs >> text=Evaluation")
    page.wait_for_selector(".confusion td.right")
    assert page.locator(".curve-plot").count() >= 3


def predict(page: Page) -> None:
    """Predict one row with its reasons, and then all rows."""
    page.click(".tabs >> text=Predict")
    page.click("text=Fill in an example")
    page.click("button:text-is('Predict')")
    page.wait_for_selector("h3:has-text('Why')")
    assert page.locator(".big-number").inner_text() in BOUGHT
    page.click(".tabs >> text=Batches")
    page.click("button:text-is('Start')")
    page.wait_for_selector("button:has-text('Download')")


def compare(page: Page) -> None:
    """Compare with the other model of the data set."""
    page.click(".tabs >> text=Compare")
    page.click("button:text-is('Compare')")
    page.wait_for_selector("h2:has-text('Rows that differ most')")


def download(page: Page) -> None:
    """Save the weights, and begin to fine-tune."""
    page.click(".tabs >> text=Download")
    page.wait_for_selector("td:has-text('KB') >> nth=0")
    with page.expect_download() as saved:
        page.click("[aria-label='Download safetensors']")
    model_id = page.url.rpartition("/")[2].partition("?")[0]
    assert saved.value.suggested_filename == f"{model_id}.safetensors"
    assert model_id in page.inner_text("pre >> nth=0")
    page.click("a:has-text('Fine-tune')")
    page.wait_for_selector(".big-number")
    assert page.is_visible("text=Start from a model")
