"""Works on the agents' page in Debian's Chromium as an agent does: by keys alone, with a hostile post in the queue.

    browser.py PROGRAM FOLDER

PROGRAM is the built service; screenshots go to FOLDER, for people to look at. Needs `playwright` from PyPI and the
packages `chromium` and `fonts-noto-cjk`. Every wait has an end.
"""

import datetime
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from playwright.sync_api import expect, sync_playwright

PATIENCE = 20  # seconds that anything may take on a busy machine
ROOT = pathlib.Path(__file__).resolve().parents[4]

# What must stay text. The last one turns the direction of writing round.
HOSTILE = [
    "<script>window.hacked = 1</script> where is my refund, I want my money back",
    "\"><img src=x onerror=\"window.hacked = 2\"> my parcel never came, refund me now",
    "</textarea></form><svg onload='window.hacked=3'> your driver stole my parcel",
    "javascript:window.hacked=4 \u202e!kcab yenom ym tnaw I\u202c my card was charged twice, help",
]


class Service:
    """A service in a folder of its own."""

    def __init__(self, program: str, folder: pathlib.Path) -> None:
        self.program, self.folder, self.tokens = program, folder, {}
        faq = ROOT / "data/suggest/faq.toml"
        lines = [
            'listen = "127.0.0.1:0"', 'database = "sqlite:service.db"', 'key_file = "service.key"',
            'clock = "posts"', "plain_http = true",
            "[[tenant]]", 'name = "acme"', "warm_up_hours = 1", f'faq = "{faq}"',
        ]
        for name, role in [("feed", "ingest"), ("eva", "agent")]:
            made = subprocess.run([program, "token"], capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
            self.tokens[name] = re.search(r"token: +(\S+)", made)[1]
            digest = re.search(r'sha256 = "(\S+)"', made)[1]
            lines += ["[[token]]", f'name = "{name}"', 'tenant = "acme"', f'roles = ["{role}"]', f'sha256 = "{digest}"']
        (folder / "service.toml").write_text("\n".join(lines) + "\n")
        self.log = open(folder / "log", "w")
        self.process = subprocess.Popen([program, folder / "service.toml"], stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.address = self.process.stdout.readline().split()[-1]
        until = time.monotonic() + PATIENCE
        while self.status("/readyz") != 200:
            assert time.monotonic() < until, "the service does not get ready"
            time.sleep(0.1)

    def status(self, path: str) -> int:
        try:
            return urllib.request.urlopen(self.address + path, timeout=PATIENCE).status
        except urllib.error.HTTPError as error:
            return error.code

    def ask(self, who: str, path: str, body: bytes | None = None) -> dict:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, body, headers)
        return json.load(urllib.request.urlopen(request, timeout=PATIENCE))

    def stop(self) -> None:
        self.process.terminate()
        try:
            assert self.process.wait(PATIENCE) == 0, "the service did not stop well"
        finally:
            self.process.kill()


def sample() -> list[dict]:
    """The sample in the order in which it was written."""
    posts = [json.loads(line) for line in open(ROOT / "data/sample/posts.jsonl", encoding="utf-8")]
    for post in posts:
        at = datetime.datetime.fromisoformat(post["created_at"]).astimezone(datetime.timezone.utc)
        post["created_at"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return sorted(posts, key=lambda post: post["created_at"])


def send(service: Service, posts: list[dict]) -> None:
    lines = "\n".join(json.dumps(post) for post in posts)
    answer = service.ask("feed", "/v1/posts", lines.encode())
    assert not answer["rejected"], answer


def work(service: Service, shots: pathlib.Path) -> None:
    posts = sample()
    hostile = [
        {"id": f"hostile-{at}" if at else "hostile-\"><b>0", "text": text, "channel": "chat", "created_at": "2026-03-03T12:00:00Z",
         "author": {"id": f"h{at}"}}
        for at, text in enumerate(HOSTILE)
    ]
    half = next(at for at, post in enumerate(posts) if post["created_at"].startswith("2026-03-03T12"))
    offers = [
        {"id": f"offer-{at}", "channel": "twitter", "created_at": f"2026-03-03T11:5{at % 10}:{10 + at}Z",
         "author": {"id": f"bot{at}", "followers": 1, "created_at": "2026-03-02T00:00:00Z"},
         "text": "Earn 900 a week from home, no skills needed! Write to me on telegram @quickcash now http://quick-cash.example/join"}
        for at in range(12)
    ]
    send(service, posts[:half] + hostile + offers)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        assert chromium, "chromium is not installed"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=PATIENCE * 1000)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        expect.set_options(timeout=PATIENCE * 1000)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("dialog", lambda dialog: faults.append("a dialog"))

        # A wrong token, then the right one, by keys alone.
        page.goto(service.address)
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        page.screenshot(path=shots / "1-login.png")
        faults.clear()  # the console names the answer 401
        page.locator("#token").focus()
        page.keyboard.type(service.tokens["eva"])
        page.keyboard.press("Enter")
        expect(page.locator(".case.chosen")).to_have_count(1)
        page.screenshot(path=shots / "2-queue.png")

        # Down and up.
        first = page.locator(".case.chosen .id").inner_text()
        page.keyboard.press("j")
        second = page.locator(".case.chosen .id").inner_text()
        assert first != second
        page.keyboard.press("k")
        expect(page.locator(".case.chosen .id")).to_have_text(first)

        # Label the sentiment, and take it back.
        before = service.ask("eva", "/v1/model")
        page.keyboard.press("3")
        expect(page.locator("#flash")).to_contain_text("sentiment is positive")
        expect(page.locator(".case.chosen .said")).to_have_text("a person says: sentiment positive")
        page.screenshot(path=shots / "3-labelled.png")
        until_learnt(service)
        assert service.ask("eva", "/v1/model")["model"] != before["model"]
        page.keyboard.press("u")
        expect(page.locator("#flash")).to_contain_text("Taken back")
        until_learnt(service)
        assert service.ask("eva", "/v1/model")["model"] == before["model"]
        expect(page.locator(".case.chosen .said")).to_have_count(0)

        # Of two labels the last one is taken back: the first stands again.
        page.keyboard.press("1")
        expect(page.locator("#flash")).to_contain_text("sentiment is negative")
        until_learnt(service)
        with_one = service.ask("eva", "/v1/model")["model"]
        page.keyboard.press("3")
        expect(page.locator("#flash")).to_contain_text("sentiment is positive")
        page.keyboard.press("u")
        expect(page.locator("#flash")).to_contain_text("Taken back")
        until_learnt(service)
        assert service.ask("eva", "/v1/model")["model"] == with_one != before["model"]

        # Spam leaves the queue, and comes back.
        page.keyboard.press("s")
        expect(page.locator("#flash")).to_contain_text("spam is spam")
        expect(page.locator(".case .id", has_text=re.compile(f"^{re.escape(first)}$"))).to_have_count(0)
        page.keyboard.press("u")
        expect(page.locator(".case .id", has_text=re.compile(f"^{re.escape(first)}$"))).to_have_count(1)

        # A topic, from the list.
        page.keyboard.press("t")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("#flash")).to_contain_text("topic is")
        page.keyboard.press("u")
        expect(page.locator("#flash")).to_contain_text("Taken back")

        # Claim the next case, write an answer, send it.
        page.keyboard.press("n")
        expect(page.locator(".case.chosen .claimed")).to_have_text("yours")
        mine = page.locator(".case.chosen .id").inner_text()
        page.keyboard.press("r")
        expect(page.locator("#flash")).to_contain_text("Released")
        page.keyboard.press("c")
        expect(page.locator(".case.chosen .claimed")).to_have_text("yours")
        page.keyboard.press("a")
        page.keyboard.type("We are sorry, <b>a colleague</b> is looking for it.")
        page.screenshot(path=shots / "4-answer.png")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#flash")).to_contain_text("Answered")
        expect(page.locator(".case .id", has_text=re.compile(f"^{re.escape(mine)}$"))).to_have_count(0)

        # A suggestion, accepted by its key.
        for _ in range(25):
            if page.locator(".case.chosen .suggestion").count():
                break
            page.keyboard.press("j")
        expect(page.locator(".case.chosen .suggestion").first).to_be_visible()
        page.screenshot(path=shots / "5-suggestion.png")
        page.keyboard.press("g")
        suggested = page.locator(".case.chosen .suggestion").first.get_attribute("data-answer")
        assert page.locator(".case.chosen .answer textarea").input_value() == suggested
        page.keyboard.press("Control+Enter")
        expect(page.locator("#flash")).to_contain_text("Answered")

        # Hostile posts are text: in the queue, in what is pasted, and where their identifier stands.
        page.goto(service.address + "/queue?channel=chat&count=500")
        expect(page.locator(".case.chosen")).to_have_count(1)
        shown = page.locator(".case .text").all_inner_texts()
        for text in HOSTILE[:3]:
            assert text in shown, f"not shown as it is: {text}"
        assert page.locator(".case img, .case script, .case svg[onload], .case b b").count() == 0
        page.locator(".case", has_text="onerror").first.scroll_into_view_if_needed()
        page.screenshot(path=shots / "6-hostile.png")
        page.keyboard.press("p")
        page.keyboard.type(HOSTILE[1] + HOSTILE[0])
        page.keyboard.press("Control+Enter")
        expect(page.locator("aside #looked .text")).to_contain_text("onerror")
        page.keyboard.press("Escape")
        page.screenshot(path=shots / "7-pasted.png")
        page.locator(".case", has_text="onerror").first.click(position={"x": 5, "y": 5})
        page.keyboard.press("1")
        expect(page.locator("#flash")).to_contain_text("sentiment is negative")
        assert page.evaluate("window.hacked") is None, "a post ran"

        # A campaign, in one click, and back.
        page.goto(service.address + "/queue?lane=suspected")
        page.locator(".case", has_text="Earn 900").first.click(position={"x": 5, "y": 5})
        page.screenshot(path=shots / "8-campaign.png")
        page.keyboard.press("l")
        expect(page.locator("#flash")).to_contain_text("posts of the campaign labelled")
        page.keyboard.press("u")
        expect(page.locator("#flash")).to_contain_text("Taken back")

        # An alert comes by itself.
        told = page.locator("#alerts .new").count()
        send(service, posts[half:])
        expect(page.locator("#alerts .new").first).to_be_visible()
        assert told == 0
        page.screenshot(path=shots / "9-alert.png")

        # Undo is offered for ten seconds.
        page.goto(service.address + "/queue?order=unsure")
        page.keyboard.press("2")
        expect(page.locator("#flash button")).to_be_visible()
        expect(page.locator("#flash button")).to_have_count(0, timeout=PATIENCE * 1000)

        # The page in the dark, and on a telephone.
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=shots / "10-dark.png")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=shots / "11-telephone.png")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"the page is {width} wide on a telephone of 390"

        # Without script the forms do the same.
        plain = browser.new_context(java_script_enabled=False)
        page = plain.new_page()
        page.goto(service.address)
        page.fill("#token", service.tokens["eva"])
        page.get_by_role("button", name="Log in").click()
        page.locator(".case").first.get_by_role("button", name="neutral").click()
        expect(page.locator("#flash")).to_contain_text("sentiment is neutral")
        browser.close()
        assert not faults, faults


def until_learnt(service: Service) -> None:
    until = time.monotonic() + PATIENCE
    while service.ask("eva", "/v1/model")["is_behind"]:
        assert time.monotonic() < until, "the labels are not learnt"
        time.sleep(0.05)


def main() -> int:
    program, shots = sys.argv[1], pathlib.Path(sys.argv[2])
    shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        service = Service(program, pathlib.Path(folder))
        try:
            work(service, shots)
        finally:
            service.stop()
    print(f"1 passed, 0 failed; screenshots in {shots}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
