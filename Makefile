# Two commands do all the set-up: `make demo` and `make test`.
# Any Python from 3.11 on will do; PYTHON=… chooses one.

PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help models demo test check format doctor run picture hero discord chaos fault-sweep power away soak load hostile gate smoothing clean

help:
	@echo "make demo       a picture becomes a clip: out/demo.mp4 (no GPU, token or weights)"
	@echo "make test       lint, types and every test"
	@echo "make run        be the bot (needs DISCORD_TOKEN in .env)"
	@echo "make models     torch, diffusers and the rest, for engines with weights (gigabytes)"
	@echo "make doctor     what is missing, and how to mend it"
	@echo "make chaos      200 times kill -9, in the middle of work"
	@echo "make fault-sweep  each thing that can fail, failing once"
	@echo "make power      power cuts in the middle of the queue's work"
	@echo "make away       half an hour without Discord, in six ways"
	@echo "make soak       10,000 jobs through one life of the bot"
	@echo "make load       1,000 requests from 50 members while the engine renders"
	@echo "make hostile    broken, huge and lying pictures and clips"

demo: $(BIN)/.core
	@$(BIN)/framekiln demo examples/lake.png -o out/demo.mp4

test: check
	$(BIN)/pytest -q -n 2 --dist loadfile

check: $(BIN)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

run: $(BIN)/.core
	@$(BIN)/framekiln run

models: $(BIN)/.core
	$(BIN)/python -m pip install --editable ".[models]"

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

chaos: $(BIN)/.test
	$(BIN)/python -m benchmarks.chaos --kills 200

fault-sweep: $(BIN)/.test
	$(BIN)/python -m benchmarks.fault_sweep

power: $(BIN)/.test
	$(BIN)/python -m benchmarks.power_loss

away: $(BIN)/.test
	$(BIN)/python -m benchmarks.away

soak: $(BIN)/.test
	$(BIN)/python -m benchmarks.soak

load: $(BIN)/.test
	$(BIN)/python -m benchmarks.load

hostile: $(BIN)/.test
	$(BIN)/python -m benchmarks.hostile --mutants 2000 --clip-mutants 500

gate smoothing: $(BIN)/.test
	$(BIN)/python -m benchmarks.$@ --clips $(or $(CLIPS),$(error CLIPS=folder of clips is needed))

clean:
	rm -rf .venv build dist out *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/.core: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Framekiln needs Python 3.11 or later; none was found."; exit 1; }
	@echo "Installing Framekiln into .venv (once)…"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(BIN)/.test: $(BIN)/.core
	@echo "Installing what the tests need (once)…"
	@$(BIN)/python -m pip install --quiet --group test
	@touch $@
