"""Words are words: whatever a member writes, no file is opened and no process started because of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests import ROOT

WORDS = (
    "/etc/passwd",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "~/.ssh/id_rsa",
    "<lora:/etc/passwd:1>",
    "embedding:/etc/passwd",
    "__import__('os').system('touch owned')",
    "{0.__class__.__init__.__globals__}",
    "%s%n${HOME}$(touch owned)`touch owned`",
    "; touch owned #",
    "-vf movie=/etc/passwd",
    "drawtext=textfile=/etc/passwd",
    "__wildcard__ {a|b} [from:to:0.5]",
    "0: /etc/passwd | 8: http://127.0.0.1:9/x",
)

# An audit hook cannot be taken away again, so it gets a process of its own.
CHILD = """
import json, sys
from pathlib import Path
work, words = Path(sys.argv[1]), json.loads(sys.argv[2])
from bot.requests.options import request_of
from bot.requests.style_names import settled
from bot.text.prompts import clean_prompt, show_prompt
from engine.core.cancel import CancelToken
from engine.core.errors import UserError
from engine.core.capabilities import Capabilities
from engine.planning.plan import plan
from engine.core.recipe import Kind
from engine.rendering.render import Renderer, RenderLimits
import engine.families, dataclasses
def draw(text):
    prompt = clean_prompt(text, 400)
    request = request_of(Kind.TEXT2VIDEO, engine="sketch", prompt=prompt, seed=1, quality="fast")
    request = dataclasses.replace(request, size=(64, 64), seconds=1.0, fps=8.0)
    recipe = plan(request, None, capabilities=Capabilities())
    folder = work / str(len(list(work.iterdir())))
    folder.mkdir()
    Renderer().render(recipe, {}, work=folder, limits=RenderLimits(max_takes=1), on_event=lambda e: None,
                      cancel=CancelToken())
    for names in (dict(style=text), dict(model=text)):
        try:
            request = request_of(Kind.TEXT2VIDEO, engine="auto", prompt="x", **names)
            plan(settled(request, {}, Capabilities()), None, capabilities=Capabilities())
        except UserError:
            pass
    show_prompt(text, 200)
draw("a boat")  # whatever is imported late is imported now
seen, told = [], {"open", "os.system", "subprocess.Popen", "socket.connect"}
def hear(event, given):
    if event in told:
        seen.append((event, [str(one) for one in given[:2]]))
sys.addaudithook(hear)
for text in words:
    draw(text)
print(json.dumps(seen))
"""


def test_no_word_of_a_member_opens_a_file_or_starts_a_process(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    # Several at once: each drawing takes a while.
    words = [" ".join(WORDS[at : at + 5]) for at in range(0, len(WORDS), 5)]
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(work), json.dumps(words)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    opened = {given[0] for event, given in seen if event == "open"}
    assert any(path.startswith(str(work)) for path in opened), "the hook has heard of the clips themselves"
    own = (str(work), "/dev/null", "/proc/self", *(str(Path(each)) for each in sys.path if each), str(ROOT))
    strange = {path for path in opened if not path.startswith(own) and not path.isdigit()}
    assert strange == set()
    started = {Path(given[0]).name for event, given in seen if event == "subprocess.Popen"}
    assert all(name.startswith("ffmpeg") for name in started), started
    assert not [each for each in seen if each[0] in {"os.system", "socket.connect"}]
    assert not (tmp_path / "owned").exists()
